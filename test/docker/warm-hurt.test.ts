import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeImage } from '../../src/images/classic-stages.js';
import type { ContainerBuild } from '../../src/runtime/runtime.js';
import { HandClock } from '../support/hand-clock.js';
import { fixture } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { describeDocker, docker, testEngine } from './support.js';
import { buildProgram, makeImage, makeRuntime } from './warm-runtime.js';

/** Sends a signal to the standby Node.js without the engine noticing. */
function signalNode(container: string, signal: NodeJS.Signals): Promise<string> {
  const script = readFileSync(fixture('signal-other-node.cjs'), 'utf8');
  return docker('exec', container, 'node', '-e', script, signal);
}

/** What another program does to a container. */
const HURTS: [what: string, hurt: (container: string) => Promise<unknown>][] = [
  ['paused', (container) => docker('pause', container)],
  ['told to end', (container) => docker('kill', '--signal', 'TERM', container)],
  ['removed', (container) => docker('rm', '--force', container)],
  // As the kernel does it when memory runs out. The killing process ends with the container.
  ['killed inside', (container) => signalNode(container, 'SIGKILL').catch(() => undefined)],
];

describeDocker('a standby container that is disturbed from outside', () => {
  let build: ContainerBuild;

  beforeAll(async () => {
    build = await buildProgram(['CMD ["node", "app.cjs"]']);
  });

  afterAll(async () => {
    if (build !== undefined) await removeImage(testEngine(), build.image);
  });

  test('does not keep the next session from starting, is replaced later, and leaves nothing', async () => {
    const outcomes = HURTS.map(async ([what, hurt]) => {
      const { runtime, standBy, standing, spawn, containers, remarks } = makeRuntime();
      standBy(build);
      await waitFor(() => standing().length === 1, 'a container that stands by');
      const [[before], [container = '']] = [standing(), await containers()];
      await hurt(container);
      const { code } = await (await spawn(build, { MODE: 'exit' })).backend.exited;
      await waitFor(() => standing().length === 1 && standing()[0] !== before, 'another one');
      await runtime.close();
      await runtime.cleared();
      return { what, code, remarks, left: [await containers(), standing()] };
    });
    expect(await Promise.all(outcomes)).toEqual(
      HURTS.map(([what]) => ({ what, code: 3, remarks: [], left: [[], []] })),
    );
  });

  test('is given up if it is stuck unnoticed, and is gone before the session starts without it', async () => {
    const clock = new HandClock();
    const { standBy, standing, spawn, containers } = makeRuntime(testEngine(), clock);
    standBy(build);
    await waitFor(() => standing().length === 1, 'a container that stands by');
    const [container = ''] = await containers();
    await signalNode(container, 'SIGSTOP');
    let isStarted = false;
    const starting = spawn(build, { MODE: 'ends' }).finally(() => {
      isStarted = true;
    });
    await waitFor(() => {
      clock.turn(1_000);
      return isStarted;
    }, 'the session to start');
    const { backend, isWarm, printed } = await starting;
    expect(isWarm).toBe(true);
    expect((await containers()).filter((each) => each === container)).toEqual([]);
    await waitFor(() => printed.stdout.includes('ready'), 'it to be ready');
    backend.terminate(false);
    expect(await backend.exited).toMatchObject({ code: 7 });
  });
});

/**
 * Starts Node.js in a container as a health check does: under a shell, in its place, without a parent, in a new
 * session.
 */
const OTHERS = [
  'node /srv/other.cjs below',
  'node /srv/other.cjs alone &',
  'busybox setsid node /srv/other.cjs apart &',
  'busybox setsid node /srv/other.cjs likened >/proc/1/fd/1 2>/proc/1/fd/2 &',
  'exec node /srv/other.cjs instead',
];

describeDocker('another Node.js process started in a container', () => {
  test('continues at once, and does not stand by instead of the main process', async () => {
    const { build, seen } = await makeCheckedImage();
    const { standBy, standing, spawn, containers } = makeRuntime();
    standBy(build, 1);
    await waitFor(() => standing().length === 1, 'a container that stands by');
    const [container = ''] = await containers();
    expect(await seen(container)).toEqual(['alone', 'apart', 'below', 'instead', 'likened']);
    const { isWarm, printed } = await spawn(build, { MODE: 'ends' });
    expect(isWarm).toBe(true);
    await waitFor(() => printed.stdout.includes('ready'), 'it to be ready');
  });
});

/** An image whose main Node.js stands by only after each of the others has run to its end. */
async function makeCheckedImage() {
  // Renamed when it is complete, because each check writes it again.
  const print = `
    const { renameSync, writeFileSync } = require('node:fs');
    const path = '/tmp/new-' + process.pid;
    writeFileSync(path, [process.env.NODE_OPTIONS, process.env.JAMDEV_STANDBY_FOLDER].join());
    renameSync(path, '/tmp/seen-' + process.argv[2]);`;
  const wait = `[ "$*" != app.cjs ] || until [ $(ls /tmp | grep -c ^seen-) = ${OTHERS.length} ]; do busybox usleep 20000; done`;
  const write = (path: string, lines: string[]) =>
    `RUN for each in ${lines.map((line) => Buffer.from(line).toString('base64')).join(' ')}; do echo $each | base64 -d; echo; done > ${path} && chmod 755 ${path}`;
  const build = await makeImage(
    write('/srv/other.cjs', [print]),
    write('/srv/check.sh', OTHERS),
    'RUN mv /usr/local/bin/node /usr/local/bin/real-node',
    write('/usr/local/bin/node', ['#!/bin/sh', wait, 'exec /usr/local/bin/real-node "$@"']),
    'HEALTHCHECK --interval=100ms CMD ["sh", "/srv/check.sh"]',
    // In a new session, as with dumb-init.
    'CMD ["sh", "-c", "busybox setsid node app.cjs & wait"]',
  );
  /** The processes that ran and saw nothing of what makes a container stand by. */
  const seen = async (container: string) =>
    (await docker('exec', container, 'sh', '-c', 'cd /tmp; for each in seen-*; do echo $each $(cat $each); done'))
      .split('\n')
      .map((line) => line.replace(/^seen-(\w+) ,$/, '$1'));
  return { build, seen };
}
