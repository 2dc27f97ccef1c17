import { expect, test } from 'vitest';
import { listenToDebugLog } from '../../src/os/debug/debug-log.js';
import { waitFor } from '../support/wait.js';
import { describeDocker } from './support.js';
import { makeImage, makeRuntime } from './warm-runtime.js';

/** Keeps only what Node.js needs in an image: no shell and no other programs, as in distroless images. */
const WITHOUT_PROGRAMS = `RUN ["node", "-e", "for (const each of ['/bin', '/sbin', '/usr/bin', '/usr/sbin']) fs.rmSync(each, { recursive: true, force: true })"]`;

/** Replaces Node.js by a script that starts it. @param script shell code before the start, without single quotes */
function wrapNode(script: string): string {
  const lines = ['#!/bin/sh', script, 'exec /usr/local/bin/real-node "$@"'];
  const text = lines.map((line) => `'${line}'`).join(' ');
  return `RUN mv /usr/local/bin/node /usr/local/bin/real-node && printf '%s\\n' ${text} > /usr/local/bin/node && chmod 755 /usr/local/bin/node`;
}

describeDocker('images of many kinds', () => {
  test.each<[what: string, lines: string[]]>([
    [
      'without a shell, with a user who can write nothing',
      [WITHOUT_PROGRAMS, 'USER 65534:65534', 'CMD ["/usr/local/bin/node", "app.cjs"]'],
    ],
    ['node as the entrypoint', ['ENTRYPOINT ["node"]', 'CMD ["app.cjs"]']],
    ['npm start', ['ENV npm_config_update_notifier=false npm_config_loglevel=silent', 'CMD npm start']],
    [
      'a working folder that the engine must create',
      ['WORKDIR /srv/later', 'RUN rmdir /srv/later', 'CMD ["node", "/srv/warm-image/app.cjs"]'],
    ],
    [
      'its own preloads',
      [
        'RUN echo "globalThis.first = process.env.MODE" > /first.cjs',
        'RUN echo "if (first !== process.env.MODE) process.exit(9)" > /second.mjs',
        'ENV NODE_OPTIONS="--require /first.cjs --import /second.mjs"',
        'CMD ["node", "app.cjs"]',
      ],
    ],
  ])('a container starts ahead of time: %s', async (_what, lines) => {
    const build = await makeImage(...lines);
    const { standBy, standing, spawn, remarks } = makeRuntime();
    standBy(build);
    await waitFor(() => standing().length === 1, 'a container that stands by');
    const { backend, isWarm } = await spawn(build, { MODE: 'exit' });
    expect([isWarm, (await backend.exited).code, remarks]).toEqual([true, 3, []]);
  });

  test.each<[what: string, lines: string[], reason: string]>([
    [
      'its Node.js is too old',
      [
        "RUN echo \"Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '14.21.3' } })\" > /old.cjs",
        wrapNode('export NODE_OPTIONS="--require /old.cjs $NODE_OPTIONS"'),
        'CMD ["node", "app.cjs"]',
      ],
      'its Node.js is older than version 16',
    ],
    [
      'its Node.js is too old to parse the preload',
      [
        wrapNode(
          'case "$NODE_OPTIONS" in *--require*) NODE_OPTIONS= real-node -e "throw SyntaxError(123)"; exit 1;; esac',
        ),
        'CMD ["node", "app.cjs"]',
      ],
      'it ended while it started: SyntaxError: 123',
    ],
  ])('a container starts as usual, and that is reported: %s', async (_what, lines, reason) => {
    const build = await makeImage(...lines);
    const { standBy, spawn, remarks } = makeRuntime();
    standBy(build);
    await waitFor(() => remarks.length > 0, 'the remark');
    expect(remarks).toEqual([
      `No container of default can be started ahead of time (${reason}). Its backends start as usual; "warm": 0 in the config turns this off.`,
    ]);
    const { backend, isWarm } = await spawn(build, { MODE: 'exit' });
    expect([isWarm, (await backend.exited).code]).toEqual([false, 3]);
  });

  test('with a debugger nothing starts ahead of time', async () => {
    const build = await makeImage('CMD ["node", "--inspect=0.0.0.0:9229", "app.cjs"]');
    const decisions: string[] = [];
    listenToDebugLog(({ text }) => void decisions.push(text));
    const { standBy, standing, spawn, remarks } = makeRuntime();
    standBy(build);
    await waitFor(() => decisions.some((text) => text.includes('no containers ahead of time')), 'the decision');
    const { backend, isWarm } = await spawn(build, { MODE: 'exit' });
    expect([isWarm, (await backend.exited).code, standing(), remarks]).toEqual([false, 3, [], []]);
  });
});
