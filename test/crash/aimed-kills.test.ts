import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { argumentsOf, listProcesses } from '../../src/processes/process-table.js';
import { type Run, startCli } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { Dice } from './dice.js';
import { ProcessWorkload } from './process-workload.js';

/** Where a backend comes from, and at which point of its assignment the dev server is killed. */
type Aim = [from: 'node' | 'npm' | 'pool', moment: string];

const ALL: Aim[] = (['node', 'npm', 'pool'] as const).flatMap((from) =>
  ['before the record', 'after the record', 'after the message', 'while the app starts'].map(
    (moment): Aim => [from, moment],
  ),
);
/** Each combination at least once; all of them with `JAMDEV_KILLS`. */
const AIMS: Aim[] =
  process.env.JAMDEV_KILLS === undefined
    ? [
        ['node', 'before the record'],
        ['pool', 'after the record'],
        ['node', 'after the message'],
        ['npm', 'while the app starts'],
        ['pool', 'after the message'],
      ]
    : ALL;
const ROUND_MS = 30_000;

test('after kill -9 during an assignment, the next start ends everything, and no key has two holders', {
  timeout: (AIMS.length + 1) * ROUND_MS,
}, async () => {
  const folder = join(makeProject({ 'project/code.js': '' }), 'project');
  const workload = new ProcessWorkload(folder, new Dice(1));
  const survivors: string[] = [];
  for (const [index, [from, moment]] of AIMS.entries()) {
    const { run, api } = await start(folder, workload, index + 1, from, moment);
    survivors.push(...(await workload.survivors(index + 1)));
    await untilStandingBy(workload.tagOf(index + 1), from, api);
    const connected = post(`${api}/v2/service/-/-/connect`, { key: 'doc', spawn: true }).catch(() => undefined);
    expect([from, moment, await run.exit]).toEqual([from, moment, 'SIGKILL']);
    await connected;
  }
  const last = await start(folder, workload, AIMS.length + 1, 'node');
  survivors.push(...(await workload.survivors(AIMS.length + 1)));
  const { url } = (await post(`${last.api}/v2/service/-/-/connect`, { key: 'doc' })).json<{ url: string }>();
  expect((await send(url)).text).toBe('up');
  last.run.process.kill('SIGTERM');
  await last.run.exit;
  expect({ survivors, doubles: workload.doubles() }).toEqual({ survivors: [], doubles: [] });
});

async function start(folder: string, workload: ProcessWorkload, number: number, from: Aim[0], moment?: string) {
  const command = workload.commandOf('plain', number);
  const config = { command: from === 'npm' ? 'npm start' : command, warmPool: from === 'pool' ? 1 : 0 };
  writeFileSync(join(folder, 'jamsocket.config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start: command } }));
  const NODE_OPTIONS = `--require "${fixture('kill-at.cjs')}"`;
  const env = moment === undefined ? {} : { NODE_OPTIONS, JAMDEV_TEST_MOMENT: moment };
  const run = startCli(['dev', '--port', '0', '--proxy-port', '0'], { cwd: folder, env });
  const api = await waitFor(() => /API\s+(http:\S+)/.exec(textOf(run))?.[1], 'the API');
  return { run, api };
}

function textOf({ process: { exitCode }, stdout, stderr }: Run): string {
  if (exitCode !== null) throw new Error(`jamdev dev ended: ${stderr()}${stdout()}`);
  return stdout();
}

/** Waits until a standby process has been started, or a backend of the pool is warm. */
async function untilStandingBy(tag: string, from: Aim[0], api: string): Promise<void> {
  await waitFor(async () => {
    if (from === 'pool') {
      const { warm_pools } = (await send(`${api}/_jamdev/backends`)).json<{ warm_pools: { warm: number }[] }>();
      return warm_pools[0]?.warm === 1;
    }
    const lines = await Promise.all((await listProcesses()).map(({ pid }) => argumentsOf(pid)));
    return lines.some((line) => line[0]?.endsWith('node') && line.includes(tag));
  }, `a process that stands by: ${from}`);
}
