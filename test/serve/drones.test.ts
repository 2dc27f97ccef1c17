import { expect, test } from 'vitest';
import { droneListSchema } from '../../src/contract/drones.js';
import { runCli } from '../support/cli.js';
import { startDrone } from '../support/drones.js';
import { post, send } from '../support/http.js';
import { makeTempFolder } from '../support/project.js';
import { describeTerminal, openTerminal } from '../support/pseudo-terminal.js';
import { describeServe, START_DEADLINE_MS, startServe, useCluster } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

/** The output of `jamdev drones --json`, by name. */
function byName(stdout: string) {
  const { drones } = droneListSchema.parse(JSON.parse(stdout));
  return Object.fromEntries(drones.map((drone) => [drone.name, drone]));
}

describeServe('jamdev drones', () => {
  const cluster = useCluster();

  test('combines Plane’s view, the config and what was seen, and drains a drone for good', async () => {
    const drone = await startDrone(cluster);
    const serve = await startServe(cluster, {
      serve: { drones: { [cluster.drone]: process.env.DOCKER_HOST, 'dr-nowhere': 'unix:///run/nothing.sock' } },
    });
    const env = { JAMDEV_SERVE_DATABASE: serve.database };
    const onDatabase = (...args: string[]) => runCli(args, { cwd: serve.folder, env: { ...process.env, ...env } });
    const created = await onDatabase('token', 'create', 'acme', '--scopes', 'admin');
    const byApi = (...args: string[]) => {
      const withToken = { ...process.env, JAMDEV_TOKEN: created.stdout.trim() };
      return runCli(['drones', ...args, '--api', serve.url], { cwd: makeTempFolder(), env: withToken });
    };

    const listed = await onDatabase('drones', '--json');
    expect(listed, listed.stderr).toMatchObject({ code: 0 });
    expect(byName(listed.stdout)).toMatchObject({
      [cluster.drone]: { state: 'ready', version: expect.stringMatching(/^0\.5\./), engine: 'ok' },
      [drone.name]: { state: 'ready', engine: 'not configured' },
      'dr-nowhere': { state: 'lost', backends: null, last_seen_at: null, engine: 'unreachable' },
    });
    expect(byName((await byApi('--json')).stdout)).toMatchObject(
      Object.fromEntries([cluster.drone, drone.name, 'dr-nowhere'].map((name) => [name, { name }])),
    );

    const unsure = await byApi('drain', drone.name);
    expect(unsure).toMatchObject({ code: 2, stderr: expect.stringContaining('is permanent') });
    const unknown = await byApi('drain', 'dr-unknown', '--yes');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('has no connected drone "dr-unknown"') });
    const drained = await byApi('drain', drone.name, '--yes');
    expect(drained).toMatchObject({ code: 0, stdout: expect.stringContaining('gets no new backends') });
    expect(byName((await onDatabase('drones', '--json')).stdout)[drone.name]).toMatchObject({ state: 'draining' });
    expect(JSON.parse((await onDatabase('audit', '--json')).stdout)).toContainEqual(
      expect.objectContaining({ account: 'acme', action: 'drone.drain', target: drone.name }),
    );

    // A missing process is noticed by when it was last seen.
    await waitFor(
      async () => byName((await onDatabase('drones', '--json')).stdout)[drone.name]?.last_seen_at,
      'the drone to be noted',
      START_DEADLINE_MS,
    );
    process.kill(drone.pid, 'SIGKILL');
    const table = await waitFor(
      async () => {
        const { stdout } = await onDatabase('drones');
        return new RegExp(`${drone.name} +lost +- +\\d+[sm] ago`).test(stdout) ? stdout : undefined;
      },
      'the drone to be lost',
      START_DEADLINE_MS,
    );
    expect(table).toMatch(/^NAME +STATE +BACKENDS +LAST SEEN +PLANE +ENGINE\n/);

    // Only operators may use it.
    const reader = (await onDatabase('token', 'create', 'acme')).stdout.trim();
    const headers = { authorization: `Bearer ${reader}` };
    expect((await send(`${serve.url}/v2/drones`, { headers })).status).toBe(403);
    expect((await post(`${serve.url}/v2/drone/${cluster.drone}/drain`, {}, headers)).status).toBe(403);
  });
});

describeTerminal('jamdev drones drain in a terminal', () => {
  test.each([
    ['n', 'dr-1 was not drained'],
    ['', 'dr-1 was not drained'],
    // Continuing would fail, because there is no config.
    ['y', 'controller'],
  ])('%j as an answer to the question: %s', async (answer, then) => {
    const terminal = openTerminal(['drones', 'drain', 'dr-1'], makeTempFolder());
    await waitFor(() => terminal.screen().includes('Drain dr-1? [y/N]'), 'the question', START_DEADLINE_MS);
    expect(terminal.screen()).toContain("Plane can't undo it");
    terminal.press(`${answer}\r`);
    await waitFor(() => terminal.screen().includes(then), then, START_DEADLINE_MS);
    await terminal.exit;
  });
});
