import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { waitUntilReady } from '../../src/runtime/readiness.js';
import type { RuntimeBackend } from '../../src/runtime/runtime.js';
import { send } from '../support/http.js';
import { DEADLINE_MS, waitFor } from '../support/wait.js';

/** A backend started for a test. */
export interface Started {
  backend: RuntimeBackend;
  /** Its output so far, both streams together, one character per byte. */
  output: () => string;
}

/** What the suite needs of a runtime under test. Everything that is started ends with the test. */
export interface Harness {
  /** Starts a shell command line. */
  start(command: string, env?: Record<string, string>, signal?: AbortSignal): Promise<Started>;
  /** The path of a fixture as the command sees it. */
  fixture(name: string): string;
  /** The value of PORT that the backend sees. */
  portOf(started: Started): number;
  /** Whatever still runs or still exists of a backend. */
  remainsOf(started: Started): Promise<unknown[]>;
}

/** What every runtime guarantees, whether processes or containers. */
export function describeRuntime(name: string, harness: Harness): void {
  const { start, fixture } = harness;

  describe(`${name}: starting`, () => {
    test('a backend gets PORT and its variables, whatever they contain', async () => {
      const env = { TEST_PLAIN: 'a b', TEST_LINES: 'first\nsecond', TEST_EMPTY: '', TEST_TEXT: 'größe "$HOME" \\ 🦊' };
      const names = JSON.stringify(['PORT', ...Object.keys(env)]);
      const code = `console.log(JSON.stringify(${names}.map(n => process.env[n])))`;
      const started = await start(`exec node -e '${code}'`, env);
      await started.backend.exited;
      const printed = JSON.parse(Buffer.from(started.output(), 'latin1').toString('utf8'));
      expect(printed).toEqual([String(harness.portOf(started)), ...Object.values(env)]);
    });

    test('a backend is reached at its address', async () => {
      const code = `require("http").createServer((q, s) => s.end("hello")).listen(process.env.PORT)`;
      const { backend } = await start(`exec node -e '${code}'`);
      const { host, port } = await waitUntilReady(backend.addresses, AbortSignal.timeout(DEADLINE_MS));
      expect(await backend.explainNotReady()).toBeUndefined();
      const authority = host.includes(':') ? `[${host}]` : host;
      expect((await send(`http://${authority}:${port}/`)).text).toBe('hello');
    });

    test('a start that is aborted before it begins has no effect', async () => {
      const given = AbortSignal.abort(new Error('changed my mind'));
      await expect(start('exec sleep 600', {}, given)).rejects.toThrow('changed my mind');
    });
  });

  describe(`${name}: output and exit`, () => {
    test('all output arrives before the exit is reported, including an unfinished last line', async () => {
      const { backend, output } = await start(`exec node ${fixture('print.mjs')} last-words`);
      expect(await backend.exited).toEqual({ code: 3, signal: null });
      expect(output()).toContain('first line\nsecond line\n');
      expect(output()).toContain('an error line\n');
      expect(output()).toContain('no newline at the end');
    });

    test('bytes of every kind arrive unchanged', async () => {
      const { backend, output } = await start(`exec node ${fixture('print.mjs')} binary`);
      await backend.exited;
      expect(output()).toBe('\xff\xfe\0\x1b[2J\nafter\n');
    });

    test('a flood arrives completely', async () => {
      const { backend, output } = await start(`exec node ${fixture('print.mjs')} flood 5`);
      expect(await backend.exited).toEqual({ code: 0, signal: null });
      expect(output().length).toBe(5_000_000 + 'the last line of the flood\n'.length);
    });

    test.each([0, 1, 7, 125, 126, 127])('the exit code %d is reported', async (code) => {
      const { backend, output } = await start(`echo one; echo two >&2; exit ${code}`);
      expect(await backend.exited).toEqual({ code, signal: null });
      expect(output().split('\n').toSorted()).toEqual(['', 'one', 'two']);
    });
  });

  describe(`${name}: termination`, () => {
    test('soft: a backend can take time to save its work and choose its exit code', async () => {
      const save = 'setTimeout(() => { console.log("saved"); process.exit(5); }, 300)';
      const code = `process.on("SIGTERM", () => ${save}); console.log("prepared"); setInterval(() => {}, 1000)`;
      const started = await start(`exec node -e '${code}'`);
      await waitFor(() => started.output().includes('prepared'), 'it to be prepared for SIGTERM');
      started.backend.terminate(false);
      expect(await started.backend.exited).toEqual({ code: 5, signal: null });
      expect(started.output()).toContain('saved');
      expect(await harness.remainsOf(started)).toEqual([]);
    });

    test('hard: nothing survives, whatever signals it ignores', async () => {
      const started = await start(`exec node ${fixture('family.mjs')} stubborn`);
      await waitFor(() => started.output().includes('pids'), 'its relatives');
      started.backend.terminate(false);
      await waitFor(() => started.output().includes('no'), 'SIGTERM to be ignored');
      started.backend.terminate(true);
      expect(await started.backend.exited).toEqual({ code: 137, signal: 'SIGKILL' });
      expect(await harness.remainsOf(started)).toEqual([]);
    });

    test.each(['daemon', 'nameless-daemon'])(
      'hard: a %s that left its group and session is ended too',
      async (plan) => {
        const started = await start(`exec node ${fixture('family.mjs')} ${plan}`);
        await waitFor(() => started.output().includes('pids'), 'its relatives');
        started.backend.terminate(true);
        await started.backend.exited;
        expect(await harness.remainsOf(started)).toEqual([]);
      },
    );

    test('a backend that exits is over when nothing of it is left', async () => {
      const started = await start(`exec node ${fixture('family.mjs')} orphans`);
      expect(await started.backend.exited).toEqual({ code: 7, signal: null });
      expect(await harness.remainsOf(started)).toEqual([]);
    });

    test('can be requested at once, repeatedly, and after the end', async () => {
      const started = await start('exec sleep 600');
      started.backend.terminate(false);
      started.backend.terminate(false);
      started.backend.terminate(true);
      await started.backend.exited;
      started.backend.terminate(true);
      started.backend.terminate(false);
      expect(await harness.remainsOf(started)).toEqual([]);
    });
  });

  describe(`${name}: observations from outside`, () => {
    test('report that a backend listens on a port other than PORT', async () => {
      const code = 'require("http").createServer().listen(34567, () => console.log("listening"))';
      const started = await start(`exec node -e '${code}'`);
      await waitFor(() => started.output().includes('listening'), 'it to listen');
      const text = await started.backend.explainNotReady();
      expect(text).toContain('It listens on port 34567');
      expect(text).toContain(String(harness.portOf(started)));
    });

    test('report nothing for a backend that listens nowhere', async () => {
      expect(await (await start('exec sleep 600')).backend.explainNotReady()).toBeUndefined();
    });
  });

  describe(`${name}: usage`, () => {
    const MIB = 1024 * 1024;
    const use = async (megabytes: number, cpuMs: number, last: string) => {
      const started = await start(`exec node ${fixture('usage.mjs')} all ${megabytes} ${cpuMs}`);
      await waitFor(() => started.output().includes(last), `"${last}"`);
      return started;
    };

    test('counts the memory of every process it started', async () => {
      const [small, large] = await Promise.all([use(0, 0, 'holding'), use(300, 0, 'holding')]);
      const [less, more] = await Promise.all([small.backend.usage(), large.backend.usage()]);
      const difference = ((more?.memoryBytes ?? 0) - (less?.memoryBytes ?? 0)) / MIB;
      // The rest of the two is similar but not equal.
      expect(difference).toBeGreaterThan(220);
      expect(difference).toBeLessThan(380);
      expect(more?.memoryLimitBytes).toBeGreaterThan(more?.memoryBytes ?? Number.POSITIVE_INFINITY);
    });

    test('counts the CPU time of every process it started, including ended ones', async () => {
      const started = await start(`exec node ${fixture('usage.mjs')} all 0 1600`);
      // Some systems drop the usage of a process when it ends, so it must be sampled before.
      const all = await waitFor(async () => {
        await started.backend.usage();
        return /^used ([\d.]+)$/m.exec(started.output());
      }, 'the time to be spent');
      const toldMs = Number(all[1]);
      const usage = await started.backend.usage();
      expect(usage?.cpuMs).toBeGreaterThan(toldMs - 300);
      // The rest: the process that holds memory, and all starts.
      expect(usage?.cpuMs).toBeLessThan(toldMs + 1500);
    });

    test('yields the CPU share as the difference of one counter divided by that of the other', async () => {
      const busy = await start(`exec node -e 'console.log("up"); for (;;);'`);
      const idle = await start('exec sleep 600');
      await waitFor(() => busy.output().includes('up'), 'it to be busy');
      const both = () => Promise.all([busy.backend.usage(), idle.backend.usage()]);
      const before = await both();
      const after = await waitFor(async () => {
        const now = await both();
        return (now[0]?.cpuMs ?? 0) - (before[0]?.cpuMs ?? 0) > 1000 ? now : undefined;
      }, 'a second of CPU time');
      const [busyShare, idleShare] = [0, 1].map((index) => {
        const [from, to] = [before[index], after[index]];
        if (from === undefined || to === undefined) throw new Error('its usage is unknown');
        expect(to.systemCpuMs).toBeGreaterThan(from.systemCpuMs);
        return (to.cpuMs - from.cpuMs) / (to.systemCpuMs - from.systemCpuMs);
      });
      // One thread can use at most one CPU; its share depends on other load.
      expect(busyShare).toBeGreaterThan(0.02);
      expect(busyShare).toBeLessThan(1.2 / availableParallelism());
      expect(idleShare).toBeLessThan(0.01);
    });

    test('is unknown for a terminated backend', async () => {
      const { backend } = await start('exit 0');
      await backend.exited;
      expect(await backend.usage()).toBeUndefined();
    });
  });
}
