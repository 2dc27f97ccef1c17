import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { removeImage } from '../../src/images/classic-stages.js';
import { systemClock } from '../../src/os/clock.js';
import { newBackendId } from '../../src/platform/ids.js';
import { waitUntilReady } from '../../src/runtime/readiness.js';
import type { ContainerBuild } from '../../src/runtime/runtime.js';
import { WarmPools } from '../../src/runtime/sdk/warm-pools.js';
import { send } from '../support/http.js';
import { DEADLINE_MS, waitFor } from '../support/wait.js';
import { describeDocker, docker, testEngine } from './support.js';
import { buildProgram, makeRuntime } from './warm-runtime.js';

/** A warm pool of one container whose backend behaves according to the mode. */
function makePool(image: ContainerBuild, mode = 'good') {
  const build = { ...image, env: { HOST: '0.0.0.0', MODE: mode } };
  const { runtime, containers } = makeRuntime();
  const world = { clock: systemClock, noteAssignment: () => undefined, freeMemory: () => Number.POSITIVE_INFINITY };
  const pools = new WarmPools(runtime, world);
  onTestFinished(() => pools.close());
  const [remarks, sessionRemarks]: [string[], string[]] = [[], []];
  pools.standBy({ service: 'default', build, warm: 0, warmPool: 1, onRemark: (text) => void remarks.push(text) });
  const untilWarm = () => waitFor(() => pools.counts[0]?.warm === 1, 'a warm container');
  const connect = async () => {
    const backendId = newBackendId();
    const backend = await pools.spawn(
      {
        backendId,
        service: 'default',
        key: 'doc-1',
        build,
        env: { SESSION_BACKEND_KEY: 'doc-1' },
        onOutput: () => undefined,
        onRemark: (text) => void sessionRemarks.push(text),
      },
      new AbortController().signal,
    );
    onTestFinished(async () => {
      backend.terminate(true);
      await backend.exited;
    });
    const within = AbortSignal.timeout(DEADLINE_MS);
    const { host, port } = await (backend.reportedReady ?? waitUntilReady(backend.addresses, within));
    const answer = await send(`http://${host}:${port}/`);
    return answer.json<{ assignment?: object; environment: Record<string, string>; hasSocket: boolean }>();
  };
  return { pools, runtime, untilWarm, connect, remarks, sessionRemarks, containers };
}

describeDocker('a container in a warm pool', () => {
  let image: ContainerBuild;

  beforeAll(async () => {
    image = await buildProgram(['CMD ["node", "/srv/pooled-server.mjs"]']);
  });

  afterAll(async () => {
    if (image !== undefined) await removeImage(testEngine(), image.image);
  });

  test('that ends on its assignment makes the session start cold in the same connect', async () => {
    const { untilWarm, connect, sessionRemarks, containers } = makePool(image, 'exit-assigned');
    await untilWarm();
    const [pooled = ''] = await containers();
    const { assignment, environment, hasSocket } = await connect();
    expect([assignment, environment.SESSION_BACKEND_KEY, hasSocket]).toEqual([undefined, 'doc-1', false]);
    expect(sessionRemarks).toEqual([
      'The backend from the warm pool ended with exit code 6 before it reported ready: the session starts without it.',
    ]);
    // It is removed after its end, which is all the session waits for.
    await waitFor(async () => !(await containers()).includes(pooled), 'it to be removed');
  });

  test('that is disturbed while it waits is used for no session, is replaced, and leaves nothing', async () => {
    const hurts: [what: string, command: string[]][] = [
      ['paused', ['pause']],
      ['removed', ['rm', '--force']],
    ];
    const outcomes = hurts.map(async ([what, command]) => {
      const { pools, runtime, untilWarm, connect, remarks, sessionRemarks, containers } = makePool(image);
      await untilWarm();
      const [pooled = ''] = await containers();
      await docker(...command, pooled);
      const { assignment, environment } = await connect();
      const isCold = assignment === undefined && environment.SESSION_BACKEND_KEY === 'doc-1';
      await untilWarm();
      await waitFor(async () => !(await containers()).includes(pooled), `the one that was ${what} to be removed`);
      await pools.close();
      await runtime.cleared();
      // The engine may report that only after the session has got the container, and then the message says so.
      return { what, isCold, remarks: remarks.length + sessionRemarks.length };
    });
    expect(await Promise.all(outcomes)).toEqual(hurts.map(([what]) => ({ what, isCold: true, remarks: 1 })));
  });
});
