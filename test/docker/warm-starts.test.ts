import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeImage } from '../../src/images/classic-stages.js';
import { listenToDebugLog } from '../../src/os/debug/debug-log.js';
import type { ContainerBuild } from '../../src/runtime/runtime.js';
import { waitFor } from '../support/wait.js';
import { containersOf, describeDocker, docker, testEngine } from './support.js';
import { buildProgram, makeImage, makeRuntime, PROJECT } from './warm-runtime.js';

/** Runs a program cold and warm. */
async function runBothWays(build: ContainerBuild, env: Record<string, string> = {}, whenReady?: 'soft' | 'hard') {
  const run = async (warm: number) => {
    const { standBy, standing, spawn } = makeRuntime();
    standBy(build, warm);
    if (warm > 0) await waitFor(() => standing().length === 1, 'a container that stands by');
    const { id, backend, printed, isWarm } = await spawn(build, env);
    const host =
      (await docker('inspect', '--format', '{{.Config.Hostname}}', `jamdev-${id}`).catch(() => '')) || 'none';
    if (whenReady !== undefined) {
      await waitFor(() => printed.stdout.includes('ready'), 'it to be ready');
      backend.terminate(whenReady === 'hard');
    }
    const exit = await backend.exited;
    const anonymous = (text: string) => text.replaceAll(id, 'BACKEND').replaceAll(host, 'HOST');
    return { stdout: anonymous(printed.stdout), stderr: anonymous(printed.stderr), exit, isWarm };
  };
  return { cold: await run(0), warm: await run(1) };
}

/** Variables may differ only in their order. */
function sorted(seen: { env: string[]; nodeChild: [string[], unknown]; otherChild: string; worker: unknown[] }) {
  const variables = (list: unknown) => Object.fromEntries(list as [string, string][]);
  return {
    ...seen,
    env: variables(seen.env),
    nodeChild: [variables(seen.nodeChild[0]), seen.nodeChild[1]],
    otherChild: seen.otherChild.split('\n').sort(),
    worker: [variables(seen.worker[0]), ...seen.worker.slice(1)],
  };
}

describeDocker('containers that were started ahead of time', () => {
  let build: ContainerBuild;

  beforeAll(async () => {
    build = await buildProgram(['CMD ["node", "app.cjs"]']);
  });

  afterAll(async () => {
    if (build !== undefined) await removeImage(testEngine(), build.image);
  });

  test.each<[string, string[], Record<string, string>?]>([
    [
      'CMD ["node", ...]',
      ['CMD ["node", "--no-warnings", "app.cjs", "one", "--two"]'],
      { A: 'größe "🦊"\n', PORT: '1' },
    ],
    ['the shell form, and an ES module', ['ENV A=1 B=2', 'CMD node app.mjs'], { A: '', C: '3' }],
    [
      'the entrypoint of Node.js, another user, and NODE_OPTIONS',
      [
        'COPY warm-image/docker-entrypoint.sh /usr/local/bin/',
        'RUN chmod 755 /usr/local/bin/docker-entrypoint.sh',
        'ENV NODE_OPTIONS="--trace-warnings --max-old-space-size=99"',
        'USER 1000',
        'ENTRYPOINT ["docker-entrypoint.sh"]',
        'CMD ["app.cjs"]',
      ],
    ],
  ])('run a program that sees the same: %s', async (_what, lines, env = {}) => {
    const { cold, warm } = await runBothWays(await makeImage(...lines), { MODE: 'seen', ...env });
    expect([warm.stderr, warm.exit]).toEqual([cold.stderr, cold.exit]);
    expect(sorted(JSON.parse(warm.stdout))).toEqual(sorted(JSON.parse(cold.stdout)));
    expect([cold.isWarm, warm.isWarm]).toEqual([false, true]);
  });

  test.each<[string, 'soft' | 'hard' | undefined]>([
    ['exit', undefined],
    ['crash', undefined],
    ['ends', 'soft'],
    ['ignores', 'soft'],
    ['ignores', 'hard'],
  ])('end in the same way: %s, asked %s', async (MODE, asked) => {
    const { cold, warm } = await runBothWays(build, { MODE }, asked);
    expect(warm).toEqual({ ...cold, isWarm: true });
  });

  test('have labels for run, service and slot, hold no key, and are renamed for their backend', async () => {
    const { standBy, standing, spawn, remarks } = makeRuntime();
    standBy(build);
    await waitFor(() => standing().length === 1, 'a container that stands by');
    const [container = ''] = await containersOf(PROJECT);
    const labels = JSON.parse(await docker('inspect', '--format', '{{json .Config.Labels}}', container));
    expect(labels).toMatchObject({
      'dev.jamdev.service': 'default',
      'dev.jamdev.slot': expect.stringMatching(/^[\w-]+$/),
    });
    expect(labels).not.toHaveProperty(['dev.jamdev.key']);
    expect(labels).not.toHaveProperty(['dev.jamdev.backend']);
    // Other processes in the container neither stand by nor take what is meant for the app.
    const print = 'console.log(process.env.NODE_OPTIONS, process.env.JAMDEV_STANDBY_FOLDER)';
    expect(await docker('exec', container, 'node', '-e', print)).toBe('undefined undefined');
    const { id, isWarm } = await spawn(build, { MODE: 'ends' });
    expect(isWarm).toBe(true);
    expect(await docker('inspect', '--format', '{{.Id}}', `jamdev-${id}`)).toMatch(new RegExp(`^${container}`));
    expect(remarks).toEqual([]);
  });

  test('are not used when a request changes what is fixed at the start', async () => {
    const { standBy, standing, spawn } = makeRuntime();
    standBy(build);
    await waitFor(() => standing().length === 1, 'a container that stands by');
    const env = { MODE: 'exit' };
    expect((await spawn(build, env, { mount: true })).isWarm).toBe(false);
    expect((await spawn(build, env, { limits: { memory_limit_bytes: 64 * 1024 * 1024 } })).isWarm).toBe(false);
    expect((await spawn(build, { ...env, TZ: 'Asia/Tokyo' })).isWarm).toBe(false);
    expect((await spawn(build, { ...env, PATH: '/usr/local/bin:/bin' })).isWarm).toBe(false);
    expect((await spawn({ ...build }, env)).isWarm).toBe(false);
    expect((await spawn(build, env)).isWarm).toBe(true);
  });

  test('are replaced when one ends, or belongs to an older build', async () => {
    const { runtime, standBy, standing, spawn } = makeRuntime();
    standBy(build);
    await waitFor(() => standing().length === 1, 'a container that stands by');
    const [first] = standing();
    await docker('kill', ...(await containersOf(PROJECT)));
    await waitFor(() => standing().length === 1 && standing()[0] !== first, 'another one');
    const [second] = standing();
    const newer = { ...build, number: 2 };
    // Running backends are replaced first: until then nothing starts ahead of time, and old standbys are not taken.
    standBy(newer, undefined, true);
    expect((await spawn(newer, { MODE: 'exit' })).isWarm).toBe(false);
    expect(standing()).toEqual([second]);
    runtime.renewStandbys('default');
    await waitFor(() => standing().length === 1 && standing()[0] !== second, 'one of the newer build');
    expect((await spawn(build, { MODE: 'exit' })).isWarm).toBe(false);
    expect((await spawn(newer, { MODE: 'exit' })).isWarm).toBe(true);
  });

  test('are not used with an image’s own entrypoint, which may read variables', async () => {
    const own = await makeImage(
      'RUN printf "#!/bin/sh\\nexec \\"$@\\"\\n" > /usr/local/bin/docker-entrypoint.sh',
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'CMD ["node", "app.cjs"]',
    );
    const decisions: string[] = [];
    listenToDebugLog(({ text }) => void decisions.push(text));
    const { standBy, standing, remarks } = makeRuntime();
    standBy(own);
    await waitFor(() => decisions.some((text) => text.includes('no containers ahead of time')), 'the decision');
    expect(decisions.at(-1)).toContain('its docker-entrypoint.sh is not that of the images of Node.js');
    expect([standing(), remarks]).toEqual([[], []]);
  });

  test('cause one remark if they were requested and do not work, and backends start as usual', async () => {
    const other = await makeImage('CMD ["/bin/sh", "-c", "echo no $HOME; exit 4"]');
    const { standBy, spawn, remarks } = makeRuntime();
    standBy(other, 2);
    await waitFor(() => remarks.length > 0, 'the remark');
    expect(remarks).toEqual([
      'No container of default can be started ahead of time (it ended while it started: no /root). Its backends start as usual; "warm": 0 in the config turns this off.',
    ]);
    const { backend, isWarm } = await spawn(other);
    expect([isWarm, await backend.exited]).toEqual([false, { code: 4, signal: null }]);
  });
});
