import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Builder } from '../../src/builds/builder.js';
import { createMakeBuild } from '../../src/builds/make-build.js';
import type { BuildOutcome } from '../../src/contract/dev-endpoints.js';
import { HandClock } from '../support/hand-clock.js';
import { makeProject } from '../support/project.js';
import { dockerService, processService } from '../support/service.js';
import { waitFor } from '../support/wait.js';

const NEVER = new AbortController().signal;

/** A builder of one service, with its recorded events. */
function makeBuilder(build: string | undefined, name = 'default') {
  const cwd = makeProject();
  const config = processService({ name, command: 'run', build, cwd, env: { A: '1' }, remap8080: true });
  const clock = new HandClock();
  const builder = new Builder([config], clock, createMakeBuild({ project: cwd, stateId: 'state', runId: 'test' }));
  onTestFinished(() => builder.close());
  const messages: string[] = [];
  builder.events.on('started', (service, number, reason, command) =>
    messages.push(`${service} ${number} started (${reason}): ${command}`),
  );
  builder.events.on('line', (service, line) => messages.push(`${service}: ${line}`));
  builder.events.on('ended', (service, outcome) => messages.push(`${service} ${outcome.number} ${outcome.result}`));
  return { builder, cwd, clock, messages };
}

/** A build that waits in its N-th run for a file `go<N>`, and then exits with the code in it. */
const BY_HAND = `
  n=$(($(cat count 2>/dev/null || echo 0) + 1)); echo $n > count; echo run $n
  while [ ! -s go$n ]; do sleep 0.02; done; exit $(cat go$n)
`;

function finishBuild(cwd: string, run: number, exitCode = 0): void {
  writeFileSync(join(cwd, `go${run}`), String(exitCode));
}

function untilRun(cwd: string, run: number): Promise<boolean> {
  const path = join(cwd, 'count');
  return waitFor(() => existsSync(path) && readFileSync(path, 'utf8').trim() === String(run), `run ${run}`);
}

test('a service without a build command is built at once', async () => {
  const { builder, cwd, messages } = makeBuilder(undefined);
  expect(await builder.build('default', 'start')).toEqual({ result: 'succeeded', number: 1, ms: 0 });
  expect(await builder.current('default', NEVER)).toEqual({
    kind: 'process',
    number: 1,
    command: 'run',
    cwd,
    env: { A: '1' },
    remap8080: true,
  });
  expect(messages).toEqual(['default 1 started (start): undefined', 'default 1 succeeded']);
});

test('a build reports its start, its output, its end and its duration', async () => {
  const { builder, clock, messages } = makeBuilder('echo "A is $A"');
  builder.events.on('line', () => clock.turn(1500));
  expect(await builder.build('default', 'key b')).toEqual({ result: 'succeeded', number: 1, ms: 1500 });
  expect(messages).toEqual(['default 1 started (key b): echo "A is $A"', 'default: A is 1', 'default 1 succeeded']);
});

test('builds are numbered, and the newest successful one is current', async () => {
  const { builder } = makeBuilder('true');
  await builder.build('default', 'a');
  await builder.build('default', 'b');
  expect((await builder.current('default', NEVER)).number).toBe(2);
});

test('a caller that asks during the first build waits for it', async () => {
  const { builder, cwd } = makeBuilder(BY_HAND);
  const build = builder.build('default', 'start');
  builder.assertUsable('default');
  const waiting = [builder.current('default', NEVER), builder.current('default', NEVER)];
  await untilRun(cwd, 1);
  finishBuild(cwd, 1);
  expect((await Promise.all(waiting)).map(({ number }) => number)).toEqual([1, 1]);
  await build;
});

test('a new process waits while a build command overwrites the previous result', async () => {
  const { builder, cwd } = makeBuilder(BY_HAND);
  finishBuild(cwd, 1);
  await builder.build('default', 'start');
  const second = builder.build('default', 'change');
  builder.assertUsable('default');
  const waiting = builder.current('default', NEVER);
  await untilRun(cwd, 2);
  finishBuild(cwd, 2);
  await second;
  expect((await waiting).number).toBe(2);
});

test('without a build command nothing is overwritten, so no caller waits for a build that starts', async () => {
  const { builder } = makeBuilder(undefined);
  await builder.build('default', 'start');
  const second = builder.build('default', 'change');
  expect((await builder.current('default', NEVER)).number).toBe(1);
  await second;
});

test('a newer build cancels the running one, whose result does not count', async () => {
  const { builder, cwd, messages } = makeBuilder(BY_HAND);
  const first = builder.build('default', 'start');
  const waiting = builder.current('default', NEVER);
  await untilRun(cwd, 1);
  const second = builder.build('default', 'change');
  expect(await first).toEqual({ result: 'superseded', number: 1 });
  await untilRun(cwd, 2);
  finishBuild(cwd, 2);
  expect(await second).toMatchObject({ result: 'succeeded', number: 2 });
  expect((await waiting).number).toBe(2);
  expect(messages.filter((line) => / (superseded|succeeded)/.test(line))).toEqual([
    'default 1 superseded',
    'default 2 succeeded',
  ]);
});

test('of many builds requested at once, only the last one counts', async () => {
  const { builder } = makeBuilder('true');
  const outcomes = await Promise.all(Array.from({ length: 5 }, (_, i) => builder.build('default', `ask ${i}`)));
  expect(outcomes.map(({ result }) => result)).toEqual([...Array(4).fill('superseded'), 'succeeded']);
  expect((await builder.current('default', NEVER)).number).toBe(5);
});

describe('a failed build', () => {
  test('without an earlier successful one is an error with its last 20 lines', async () => {
    const { builder } = makeBuilder('i=1; while [ $i -le 30 ]; do echo line $i; i=$((i+1)); done; exit 2');
    expect(await builder.build('default', 'start')).toMatchObject({
      result: 'failed',
      number: 1,
      failure: 'exit code 2',
    });
    const last = Array.from({ length: 20 }, (_, i) => `line ${i + 11}`).join('\n');
    const error = {
      code: 'BuildFailed',
      status: 503,
      message: `The build failed (exit code 2). Its last lines:\n${last}`,
    };
    await expect(builder.current('default', NEVER)).rejects.toMatchObject(error);
    expect(() => builder.assertUsable('default')).toThrow(expect.objectContaining(error));
  });

  test('is reported to the callers that wait for it', async () => {
    const { builder, cwd } = makeBuilder(BY_HAND);
    const build = builder.build('default', 'start');
    const waiting = expect(builder.current('default', NEVER)).rejects.toMatchObject({ code: 'BuildFailed' });
    await untilRun(cwd, 1);
    finishBuild(cwd, 1, 7);
    await waiting;
    expect(await build).toMatchObject({ result: 'failed', failure: 'exit code 7' });
  });

  test('leaves nothing to start a process on, even after a successful build', async () => {
    const { builder, cwd } = makeBuilder(BY_HAND);
    finishBuild(cwd, 1);
    finishBuild(cwd, 2, 1);
    await builder.build('default', 'start');
    expect(await builder.build('default', 'change')).toMatchObject({ result: 'failed', number: 2 });
    expect(() => builder.assertUsable('default')).toThrow(expect.objectContaining({ code: 'BuildFailed' }));
    await expect(builder.current('default', NEVER)).rejects.toMatchObject({ code: 'BuildFailed' });
  });

  test('leaves the last successful image current', async () => {
    const build = {
      kind: 'container',
      number: 1,
      image: 'i',
      digest: 'd',
      env: {},
      network: undefined,
      init: undefined,
    } as const;
    const results = [{ ...build, platform: undefined }, undefined];
    const config = dockerService({ context: makeProject() });
    const builder = new Builder([config], new HandClock(), async () => {
      return { build: results.shift(), fingerprint: 'f', failure: 'exit code 1', lines: [] };
    });
    await builder.build('default', 'start');
    const second = builder.build('default', 'change');
    expect((await builder.current('default', NEVER)).number).toBe(1);
    expect(await second).toMatchObject({ result: 'failed' });
    builder.assertUsable('default');
    expect((await builder.current('default', NEVER)).number).toBe(1);
    await builder.untilUsable('default', NEVER, (error) => expect.fail(error.message));
  });

  test('makes a session whose process is being replaced wait until a build succeeds, however many fail', async () => {
    const { builder, cwd } = makeBuilder(BY_HAND);
    finishBuild(cwd, 1);
    finishBuild(cwd, 2, 1);
    finishBuild(cwd, 3, 2);
    finishBuild(cwd, 4);
    await builder.build('default', 'start');
    await builder.build('default', 'change');
    const failures: string[] = [];
    const waiting = builder.untilUsable('default', NEVER, ({ message }) => failures.push(message));
    await builder.build('default', 'change');
    await waitFor(() => failures.length === 2, 'the second failure');
    await builder.build('default', 'change');
    await waiting;
    expect(failures).toEqual([expect.stringContaining('exit code 1'), expect.stringContaining('exit code 2')]);
  });

  test('is superseded by the next successful build', async () => {
    const { builder, cwd } = makeBuilder(BY_HAND);
    finishBuild(cwd, 1, 1);
    finishBuild(cwd, 2);
    await builder.build('default', 'start');
    await builder.build('default', 'change');
    builder.assertUsable('default');
    expect((await builder.current('default', NEVER)).number).toBe(2);
  });
});

test('a caller can stop waiting for a build', async () => {
  const { builder, cwd } = makeBuilder(BY_HAND);
  void builder.build('default', 'start');
  await untilRun(cwd, 1);
  const controller = new AbortController();
  const waiting = expect(builder.current('default', controller.signal)).rejects.toThrow('enough');
  controller.abort(new Error('enough'));
  await waiting;
});

test('before any build was requested there is nothing to wait for', async () => {
  const { builder } = makeBuilder('true');
  await expect(builder.current('default', NEVER)).rejects.toMatchObject({ code: 'ShuttingDown' });
});

test('closing cancels the build, waits until it has ended, and rejects all waiting callers', async () => {
  const { builder, cwd } = makeBuilder(BY_HAND);
  const outcomes: BuildOutcome[] = [];
  void builder.build('default', 'start').then((outcome) => outcomes.push(outcome));
  const waiting = expect(builder.current('default', NEVER)).rejects.toMatchObject({ code: 'ShuttingDown' });
  await untilRun(cwd, 1);
  await builder.close();
  expect(outcomes).toEqual([{ result: 'superseded', number: 1 }]);
  await waiting;
  expect(() => builder.assertUsable('default')).toThrow(expect.objectContaining({ code: 'ShuttingDown' }));
  await builder.close();
});

test('several services are built at the same time, independently', async () => {
  const cwd = makeProject();
  const make = (name: string, build: string) => processService({ name, command: name, build, cwd });
  const owner = { project: cwd, stateId: 'state', runId: 'test' };
  const builder = new Builder([make('one', 'exit 1'), make('two', 'true')], new HandClock(), createMakeBuild(owner));
  onTestFinished(() => builder.close());
  expect((await builder.buildAll('start')).map(({ result }) => result)).toEqual(['failed', 'succeeded']);
  expect(() => builder.assertUsable('one')).toThrow('exit code 1');
  expect(await builder.current('two', NEVER)).toMatchObject({ number: 1, command: 'two', remap8080: false });
  await expect(builder.build('three', 'x')).rejects.toThrow('no service definition "three"');
});

describe('a build with the same output as the last successful one', () => {
  /** A builder whose builds produce the given outputs, in order. */
  function makeBuilderOf(...fingerprints: string[]) {
    const cwd = makeProject();
    const config = processService({ cwd });
    const builder = new Builder([config], new HandClock(), async (_service, number) => ({
      build: { kind: 'process', number, command: 'run', cwd, env: {}, remap8080: false },
      fingerprint: fingerprints[number - 1] ?? '',
      failure: '',
      lines: [],
    }));
    const messages: string[] = [];
    builder.events.on('good', (_service, { number }, reason) => messages.push(`${number} good (${reason})`));
    builder.events.on('unchanged', (_service, { number }) => messages.push(`${number} unchanged`));
    return { builder, messages };
  }

  test('succeeds, is reported as unchanged, and leaves the previous build in use', async () => {
    const { builder, messages } = makeBuilderOf('a', 'a');
    await builder.build('default', 'start');
    expect(await builder.build('default', 'key b')).toMatchObject({ result: 'succeeded', number: 2, unchanged: true });
    expect((await builder.current('default', NEVER)).number).toBe(1);
    expect(messages).toEqual(['1 good (start)', '2 unchanged']);
  });

  test('is compared only with the last successful build, not with earlier ones', async () => {
    const { builder, messages } = makeBuilderOf('a', 'b', 'a');
    for (const reason of ['start', 'there', 'and back']) await builder.build('default', reason);
    expect(messages).toEqual(['1 good (start)', '2 good (there)', '3 good (and back)']);
  });

  test('supersedes a failure in between', async () => {
    const cwd = makeProject();
    let fails = false;
    const config = processService({ cwd });
    const builder = new Builder([config], new HandClock(), async (_service, number) => ({
      build: fails ? undefined : { kind: 'process', number, command: 'run', cwd, env: {}, remap8080: false },
      fingerprint: 'a',
      failure: 'broken',
      lines: [],
    }));
    await builder.build('default', 'start');
    fails = true;
    await builder.build('default', 'a typo');
    fails = false;
    expect(await builder.build('default', 'undone')).toMatchObject({ unchanged: true });
    expect(builder.failureOf('default')).toBeUndefined();
  });
});
