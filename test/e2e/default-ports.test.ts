import { expect, test } from 'vitest';
import { readKeptPorts } from '../../src/records/kept-ports.js';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { type DevRun, runCli, startCli, startDevOn } from '../support/cli.js';
import { occupy, useDefaultPorts } from '../support/default-ports.js';
import { send } from '../support/http.js';
import { makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';
import { describeTmux, Tmux } from '../support/tmux.js';
import { waitFor } from '../support/wait.js';

useDefaultPorts();

function makeApp(): string {
  return makeProject({ 'jamsocket.config.json': { command: 'sleep 60', watch: false } });
}

/** The ports that a project keeps; fails if their file is unusable. */
function keptPorts(project: string) {
  return readKeptPorts(stateFolderOf(project), (error) => expect.fail(error.message));
}

function portsOf({ apiUrl, proxyUrl }: DevRun): number[] {
  return [apiUrl, proxyUrl].map((url) => Number(new URL(url).port));
}

async function stop(...runs: DevRun[]): Promise<void> {
  for (const run of runs) run.process.kill('SIGINT');
  await Promise.all(runs.map(({ exit }) => exit));
}

test('dev servers of several projects share the machine, and each keeps its ports', async () => {
  useStateHome(makeTempFolder());
  const [a, b, c, d] = [makeApp(), makeApp(), makeApp(), makeApp()];
  const first = await startDevOn(a);
  expect(portsOf(first)).toEqual([8080, 9090]);
  expect(first.stdout()).not.toContain('JAMSOCKET_DEV_PORT');

  const [second, third] = await Promise.all([startDevOn(b), startDevOn(c)]);
  expect([portsOf(second), portsOf(third)].toSorted()).toEqual([
    [8081, 9091],
    [8082, 9092],
  ]);
  const [port, proxyPort] = portsOf(second);
  expect(second.stdout()).toContain(
    `Port 8080 is used by the dev server for ${a}; this folder uses ${port} and ${proxyPort} from now on. To go back: --port 8080`,
  );
  expect(second.stdout()).toContain(
    `Start your app with JAMSOCKET_DEV_PORT=${port}: otherwise the official libraries use port 8080 and reach the other project.`,
  );
  expect((await send(`${second.apiUrl}/_jamdev/info`)).json()).toMatchObject({ project: b });

  await stop(first, second, third);
  const [again, json] = await Promise.all([startDevOn(b), startCli(['dev', '--json'], { cwd: c })]);
  expect(portsOf(again)).toEqual([port, proxyPort]);
  expect(again.stdout()).toContain(`This folder keeps the ports ${port} and ${proxyPort}`);
  expect(again.stdout()).toContain(`JAMSOCKET_DEV_PORT=${port}`);
  await waitFor(() => json.stdout().includes('\n'), 'the JSON');
  const started = JSON.parse(json.stdout().split('\n')[0] ?? '');
  expect(started).toMatchObject({ api_url: third.apiUrl, port_remarks: [expect.anything(), expect.anything()] });
  await stop(again);

  const other = await startDevOn(d);
  expect(portsOf(other)).toEqual([8080, 9090]);
  const doctor = async (cwd: string) => (await runCli(['doctor'], { cwd })).stdout;
  const used = `8080 is used by the dev server for ${d} (pid ${other.process.pid}); jamdev dev takes the next free one`;
  expect(await doctor(makeApp())).toContain(used);
  expect(await doctor(b)).toContain(`${port} is free`);
  const strict = await runCli(['dev', '--port', '8080'], { cwd: b });
  expect(strict).toMatchObject({ code: 1, stdout: '' });
  expect(strict.stderr).toContain('Port 8080 for the API is taken');
  await stop(other);
  const back = await startDevOn(b, ['--port', '8080']);
  expect(portsOf(back)).toEqual([8080, 9090]);
  await stop(back);
  const forgotten = await startDevOn(b);
  expect(portsOf(forgotten)).toEqual([8080, 9090]);
  expect(keptPorts(b)).toBeUndefined();
});

test('names another program on a default port when there is nobody to ask', async () => {
  await occupy(9090, '::1');
  const { code, stdout, stderr } = await runCli(['dev'], { cwd: makeApp() });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/Port 9090 for the proxy is taken by pid \d+/);
});

describeTmux('another program on a default port, in a terminal', () => {
  const question = /Use 8081 and 9091\? \[Y\/n\]$/;

  test('asks about other ports: no fails with the error, yes keeps them', async () => {
    useStateHome(makeTempFolder());
    await occupy(8080, '0.0.0.0');
    const project = makeApp();
    const terminal = await Tmux.open({ cwd: project });
    const screenHas = (text: string | RegExp) =>
      waitFor(async () => (await terminal.history()).join('\n').match(text), String(text));
    // Each run prints a different word when it ends, because output of earlier runs may still be on the screen.
    const start = (word: string, environment = '') =>
      terminal.enter(`clear; ${environment} '${process.execPath}' '${ROOT}bin/jamdev.js' dev; echo "${word} $?"`);

    await start('refused');
    await screenHas(/Port 8080 for the API is taken by pid \d+[^\n]*\nUse 8081 and 9091\? \[Y\/n\]$/);
    await terminal.enter('what');
    await screenHas(/what\nUse 8081 and 9091\? \[Y\/n\]$/);
    await terminal.enter('n');
    await screenHas('refused 1');
    expect(keptPorts(project)).toBeUndefined();

    await start('interrupted');
    await screenHas(question);
    await terminal.press('C-c');
    await waitFor(() => terminal.atPrompt(), 'the end by Ctrl-C');

    await start('unasked', 'CI=true');
    await screenHas('unasked 1');
    expect((await terminal.history()).join('\n').split('CI=true').at(-1)).not.toContain('[Y/n]');

    await start('kept');
    await screenHas(question);
    await terminal.press('Enter');
    await screenHas('http://localhost:8081');
    await screenHas('Port 8080 is used by another program; this folder uses 8081 and 9091 from now on.');
    await waitFor(async () => (await terminal.screen()).includes('q quit'), 'the keys');
    await terminal.press('q');
    await screenHas('kept 0');
    const ports = { port: 8081, proxyPort: 9091 };
    expect(keptPorts(project)).toEqual(ports);
    expect(portsOf(await startDevOn(project, [], { env: { JAMDEV_DEBUG: '1' } }))).toEqual(Object.values(ports));
  });
});
