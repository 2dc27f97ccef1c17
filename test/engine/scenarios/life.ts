import { type Scenario, scenarioTable } from '../stage/scenario.js';
import type { Connected, Stage } from '../stage/stage.js';

const GET = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';
const living = (life: object) => ({ BACKEND: JSON.stringify(life) });

/** A backend that exits before it is ready. */
const endingBy =
  (key: string, life: object): Scenario['run'] =>
  async (stage) =>
    stage.ended(await stage.spawn('a', { key, env: living(life) }));

/** A backend that exits so early that Plane may not see it waiting. */
const endingAtOnce =
  (key: string, exit: number): Scenario['run'] =>
  async (stage) =>
    stage.ended(await stage.spawn('a', { key, env: living({ exit }) }), 'waiting');

/** A ready backend that is ended in some way. */
const endedBy =
  (key: string, life: object, act: (stage: Stage, backend: Connected) => Promise<void>): Scenario['run'] =>
  async (stage) => {
    const backend = await stage.spawn('a', { key, env: living(life) });
    await stage.waitFor(backend, 'ready');
    await act(stage, backend);
    await stage.ended(backend);
  };

/** A backend that never becomes ready. */
const terminatedWaiting =
  (key: string, life: object): Scenario['run'] =>
  async (stage) => {
    const backend = await stage.spawn('a', { key, env: living(life) });
    await stage.waitFor(backend, 'waiting');
    await stage.terminate(backend, 'hard');
    await stage.ended(backend);
  };

/** How backends live and end. */
export const life = scenarioTable('life', {
  'exits 0 at once': endingAtOnce('exits-0', 0),
  'exits 3 at once': endingAtOnce('exits-3', 3),
  'exits 0 before it listens': endingBy('exits-0-late', { exit: 0, startDelayMs: 6_000 }),
  'exits 3 before it listens': endingBy('exits-3-late', { exit: 3, startDelayMs: 6_000 }),
  'exits 0 when ready': endedBy('ready-exits-0', {}, (_stage, { control }) => control.exit(0)),
  'exits 3 when ready': endedBy('ready-exits-3', {}, (_stage, { control }) => control.exit(3)),
  killed: endedBy('killed', {}, (stage, backend) => stage.kill(backend)),
  'soft termination': endedBy('soft', {}, (stage, backend) => stage.terminate(backend, 'soft')),
  'hard termination': endedBy('hard', {}, (stage, backend) => stage.terminate(backend, 'hard')),
  'slow on SIGTERM': endedBy('slow', { onSigterm: 2_000 }, (stage, backend) => stage.terminate(backend, 'soft')),
  'deaf to SIGTERM, then hard': endedBy('deaf', { onSigterm: 'ignore' }, async (stage, backend) => {
    await stage.terminate(backend, 'soft');
    await stage.waitFor(backend, 'terminating');
    await stage.terminate(backend, 'hard');
  }),
  'terminated softly twice, then hard': endedBy('soft-twice', { onSigterm: 'ignore' }, async (stage, backend) => {
    await stage.terminate(backend, 'soft');
    await stage.waitFor(backend, 'terminating');
    await stage.terminate(backend, 'soft');
    await stage.terminate(backend, 'hard');
  }),
  'terminated hard, then softly': endedBy('hard-soft', {}, async (stage, backend) => {
    await stage.terminate(backend, 'hard');
    await stage.waitFor(backend, 'terminated');
    await stage.terminate(backend, 'soft');
  }),
  'terminated after its end': async (stage) => {
    const backend = await stage.spawn('a', { key: 'after-end' });
    await stage.waitFor(backend, 'ready');
    await stage.terminate(backend, 'hard');
    await stage.waitFor(backend, 'terminated');
    await stage.terminate(backend, 'hard');
    await stage.terminate(backend, 'soft');
    await stage.ended(backend);
  },
  'never listens, and is terminated': terminatedWaiting('never', { listen: 'never' }),
  'listens late': async (stage) => {
    const backend = await stage.spawn('a', { key: 'late', env: living({ listenDelayMs: 4_000 }) });
    stage.note('statuses', await stage.waitFor(backend, 'ready'));
    await stage.exchange('exchange', { on: backend, send: GET });
  },
  'answers 500': async (stage) => {
    const probe = 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n';
    const backend = await stage.spawn('a', { key: 'answers-500', env: living({ probe }) });
    stage.note('statuses', await stage.waitFor(backend, 'ready'));
    stage.note('asked by', (await backend.control.probes()).map(({ line }) => line).at(-1));
  },
  'answers HTTP/1.0': async (stage) => {
    const backend = await stage.spawn('a', {
      key: 'answers-10',
      env: living({ probe: 'HTTP/1.0 404 Not Found\r\n\r\n' }),
    });
    stage.note('statuses', await stage.waitFor(backend, 'ready'));
  },
  'speaks no HTTP': terminatedWaiting('no-http', { probe: 'garbage\r\n' }),
  'the question whether it is ready': async (stage) => {
    const backend = await stage.spawn('a', { key: 'probe' });
    await stage.waitFor(backend, 'ready');
    stage.note('last', (await backend.control.probes()).at(-1));
  },
});
