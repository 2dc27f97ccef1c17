import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConnectRequest } from '../../src/contract/requests.js';
import { LogStore } from '../../src/logs/log-store.js';
import type { Backend } from '../../src/platform/backend.js';
import { isEnding, rankOf } from '../../src/platform/backend-state.js';
import { STARTUP_TIMEOUT_MS } from '../../src/platform/generation.js';
import { Platform } from '../../src/platform/platform.js';
import { DEFAULT_GRACE_PERIOD_SECONDS } from '../../src/platform/session-settings.js';
import type { ProcessBuild } from '../../src/runtime/runtime.js';
import { HandClock } from '../support/hand-clock.js';
import { NO_IMAGES } from '../support/platform.js';
import { makeTempFolder } from '../support/project.js';
import { ScriptedRuntime, type ScriptedStart } from '../support/scripted-runtime.js';
import { waitFor } from '../support/wait.js';

const BUILD: ProcessBuild = { kind: 'process', number: 1, command: 'serve', cwd: '/', env: {}, remap8080: false };
const KEY = 'doc-1';

/** Possible events for the backends of one key; those that lead further are more frequent. */
const EVENTS = [
  ...['connect', 'connect', 'start', 'start', 'start', 'answer', 'answer', 'restart', 'restart', 'exit', 'stop'],
  ...['stop', 'clear away', 'clear away', 'start fails', 'soft', 'hard', 'open', 'close', 'send', 'finish'],
] as const;
const event = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...EVENTS).map((name) => ({ name, ms: 0 })) },
  { weight: 1, arbitrary: fc.constantFrom(999, 1_000, 10_000, 300_000).map((ms) => ({ name: 'time', ms }) as const) },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Sequences that random events rarely reach: a ready backend that gets a new process, and one that never answers. */
const RARE: Event[][] = [
  (['start', 'answer', 'restart', 'clear away', 'start', 'answer'] as const).map((name) => ({ name, ms: 0 })),
  [
    { name: 'open', ms: 0 },
    { name: 'start', ms: 0 },
    { name: 'time', ms: 300_000 },
    { name: 'clear away', ms: 0 },
  ],
];

/** The backends of one key on a runtime that the test drives, and the invariants. */
class Model {
  readonly clock = new HandClock();
  readonly runtime = new ScriptedRuntime(this.clock);
  readonly platform: Platform;
  readonly backends: Backend[] = [];
  /** Exit codes of processes that exited without a request to end. */
  readonly crashes = new Map<ScriptedStart, number>();
  readonly wereReady = new Set<ScriptedStart>();
  readonly closers: (() => void)[] = [];
  readonly finishers: (() => void)[] = [];
  #builds = 1;

  constructor(folder: string) {
    const builds = {
      current: async () => BUILD,
      assertUsable: () => undefined,
      overwrites: () => 0,
      untilUsable: async () => undefined,
    };
    const logs = new LogStore(join(folder, 'logs'));
    const { runtime, clock } = this;
    this.platform = new Platform(['default'], { runtime, builds, images: NO_IMAGES, clock, logs, runId: 'test' });
    this.platform.events.on('backend', (backend) => this.backends.push(backend));
  }

  get backend(): Backend | undefined {
    return this.backends.at(-1);
  }

  get start(): ScriptedStart | undefined {
    return this.runtime.starts.at(-1);
  }

  async apply({ name, ms }: Event): Promise<void> {
    const { backend, start } = this;
    const process = start?.process;
    if (name === 'time') this.clock.turn(ms);
    // A connect that waits for the key continues later on its own.
    else if (name === 'connect')
      void this.platform.connect('-', parseConnectRequest({ key: KEY })).catch(() => undefined);
    else if (name === 'start') await start?.succeed();
    else if (name === 'start fails') start?.fail(new Error('no such thing'));
    else if (name === 'answer') process?.answer();
    else if (name === 'exit') this.#exit(start);
    else if (name === 'stop') this.#exit(start, () => process?.stop());
    else if (name === 'clear away') {
      this.#exit(start, () => process?.clearAway());
      for (const each of this.runtime.starts) if (each.process?.hasStopped) each.process.clearAway();
    } else if (name === 'soft' || name === 'hard') backend?.terminate('external', name === 'hard');
    else if (name === 'open' && backend !== undefined) this.closers.push(backend.connectionOpened('token', true));
    else if (name === 'close') this.closers.shift()?.();
    else if (name === 'send' && backend?.address !== undefined) this.finishers.push(backend.requestSent());
    else if (name === 'finish') this.finishers.shift()?.();
    else if (name === 'restart' && backend?.build !== undefined) {
      // A crash that is not yet cleaned up gets a new process, so its exit code no longer matters.
      if (start !== undefined && !isEnding(backend.state)) this.crashes.delete(start);
      backend.restart({ ...BUILD, number: ++this.#builds }, 'a test');
    }
    await settle();
    await this.#untilReady();
  }

  /** Checks everything that must hold between two events. */
  check(): void {
    const alive = this.runtime.starts.filter((start) => start.isAlive);
    expect(alive.length, 'processes that hold the key').toBeLessThanOrEqual(1);
    for (const backend of this.backends) {
      const ranks = backend.history.map(({ status }) => rankOf(status));
      expect(ranks, 'statuses only go forward').toEqual([...new Set(ranks)].sort((a, b) => a - b));
      this.#checkAddress(backend);
      this.#checkEnd(backend);
    }
    for (const start of alive) this.#checkDeadlines(start);
  }

  /** Ends everything. */
  async finish(): Promise<void> {
    const gone = this.platform.close();
    let isGone = false;
    void gone.then(() => {
      isGone = true;
    });
    for (let round = 0; !isGone; round += 1) {
      expect(round, 'rounds until everything has ended').toBeLessThan(20);
      for (const start of this.runtime.starts) {
        if (round % 2 === 0) start.fail(new Error('ended'));
        else await start.succeed();
        start.process?.clearAway();
      }
      await settle();
      this.check();
    }
    for (const finisher of [...this.closers.splice(0), ...this.finishers.splice(0)]) finisher();
    await this.runtime.close();
  }

  startsOf(backend: Backend): ScriptedStart[] {
    return this.runtime.starts.filter(({ request }) => request.backendId === backend.id);
  }

  #exit(start: ScriptedStart | undefined, then?: () => void): void {
    const process = start?.process;
    if (start === undefined || process === undefined) return;
    if (!process.ended && !start.signal.aborted && process.demands.length === 0) this.crashes.set(start, 7);
    process.exit(7);
    then?.();
  }

  /** Waits until a backend that will answer is ready, which takes a request over a real socket. */
  async #untilReady(): Promise<void> {
    const { backend, start } = this;
    const process = start?.process;
    if (backend === undefined || process === undefined || start?.request.backendId !== backend.id) return;
    if (!process.isAnswering || process.ended || start.signal.aborted || process.demands.length > 0) return;
    if (this.wereReady.has(start)) return;
    await waitFor(() => backend.address !== undefined || isEnding(backend.state) || start.signal.aborted, 'readiness');
    if (backend.address !== undefined) this.wereReady.add(start);
  }

  #checkAddress(backend: Backend): void {
    if (backend.address === undefined) return;
    const process = this.startsOf(backend).at(-1)?.process;
    expect(process?.isAnswering).toBe(true);
    expect(process?.hasStopped, 'a stopped process is not reached').toBe(false);
    expect(backend.address).toEqual(process?.addresses[0]);
  }

  #checkEnd(backend: Backend): void {
    const { state } = backend;
    if (state.status !== 'terminated') return;
    const starts = this.startsOf(backend);
    expect(starts.filter((start) => start.isPending || start.process?.isClearedAway === false)).toEqual([]);
    const last = starts.at(-1);
    const crash = last === undefined ? undefined : this.crashes.get(last);
    if (crash !== undefined) {
      expect(state, 'a crash is not hidden').toMatchObject({ exitCode: crash });
      expect(state).not.toHaveProperty('reason');
    } else if (last?.hasFailed !== true) {
      expect(state.reason, 'an end on demand has a reason').toBeDefined();
    }
  }

  #checkDeadlines(start: ScriptedStart): void {
    const now = this.clock.monotonicMs();
    const { process } = start;
    const soft = process?.demands.find(({ kind }) => kind === 'soft');
    if (soft !== undefined && now - soft.atMs >= DEFAULT_GRACE_PERIOD_SECONDS * 1000) {
      expect(process?.demands.map(({ kind }) => kind)).toContain('hard');
    }
    const isSilent = process === undefined || (!process.isAnswering && !process.ended);
    if (isSilent && now - start.sinceMs >= STARTUP_TIMEOUT_MS) expect(start.signal.aborted).toBe(true);
  }
}

/** Runs everything that needs no further event: promises, and callbacks of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('in any order of events, each key has one process, statuses move forward, every process ends, and no timer is left', {
  timeout: 240_000,
}, async () => {
  const seen = new Set<string>();
  const folder = makeTempFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40 }), async (events) => {
      const model = new Model(join(folder, String(++run)));
      await model.apply({ name: 'connect', ms: 0 });
      for (const each of events) {
        await model.apply(each);
        model.check();
      }
      await model.finish();
      model.check();
      expect(model.backends.filter(({ state }) => state.status !== 'terminated')).toEqual([]);
      expect(model.runtime.starts.filter((start) => start.isAlive)).toEqual([]);
      expect(model.clock.pending, 'timers left').toBe(0);
      for (const backend of model.backends) {
        if (backend.state.status === 'terminated') seen.add(backend.state.reason ?? `exit ${backend.state.exitCode}`);
        if (model.startsOf(backend).length > 1 && backend.history.some(({ status }) => status === 'ready'))
          seen.add('swap');
      }
      if (model.backends.length > 1) seen.add('the next holder of the key');
    }),
    { numRuns: 300, examples: RARE.map((events) => [events]) },
  );
  // The property means nothing if the events had no effect.
  const needed = [
    'external',
    'swept',
    'startuptimeout',
    'internalerror',
    'exit 7',
    'swap',
    'the next holder of the key',
  ];
  expect([...seen]).toEqual(expect.arrayContaining(needed));
});
