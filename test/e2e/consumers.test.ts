import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packJamdev } from '../support/package-managers.js';
import { keepFolder, ROOT } from '../support/project.js';

const run = promisify(execFile);

/** Uses everything that the public API has, with its types. */
const PROGRAM = `
  import { type ConnectResponse, type DevServer, type DevServerEvent, type DevServerOptions, JamdevError, startDevServer } from 'jamdev';

  export async function useSession(options: DevServerOptions): Promise<ConnectResponse> {
    const server: DevServer = await startDevServer({ ...options, port: 0, proxyPort: 0, watch: ['src'] });
    const end: () => void = server.subscribe((event: DevServerEvent) => {
      if (event.event === 'status' && event.status === 'terminated') event.exit_code satisfies number | null | undefined;
      if (event.event === 'build-ended' && event.result === 'failed') event.lines satisfies string[];
    });
    try {
      const connected = await server.connect({ key: 'doc', user: 'ann', auth: { role: 'x' }, spawn: { max_idle_seconds: 5 } });
      const [build] = await server.build();
      build?.service satisfies string | undefined;
      // @ts-expect-error: the parts of a dev server are its own
      server.parts;
      // @ts-expect-error: no such option
      await startDevServer({ wach: true });
      return connected;
    } catch (error) {
      if (error instanceof JamdevError && error.code === 'BuildFailed') throw new Error(error.sentence);
      throw error;
    } finally {
      end();
      await server.close(true);
      await server[Symbol.asyncDispose]();
    }
  }
`;

/** The strictest settings a consumer can have: declarations are checked too, and no other types are installed. */
const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  types: [],
  noEmit: true,
  lib: ['es2022'],
};

/** Compilers a consumer may have: those installed next to the package, and the one of this repository. */
const COMPILERS = { 'TypeScript 5.2': 'typescript-5.2', 'TypeScript 5': 'typescript', 'this TypeScript': undefined };

/** The ways in which TypeScript resolves a package. Without `compilers`, every compiler supports it. */
const RESOLUTIONS: [name: string, file: string, options: object, compilers?: (keyof typeof COMPILERS)[]][] = [
  ['Node16 from CommonJS', 'program.cts', { module: 'node16' }],
  ['Node16 from ESM', 'program.mts', { module: 'node16' }],
  ['NodeNext from CommonJS', 'program.cts', { module: 'nodenext' }],
  ['NodeNext from ESM', 'program.mts', { module: 'nodenext' }],
  ['a bundler', 'program.ts', { module: 'esnext', moduleResolution: 'bundler' }],
  [
    'the resolution of Node.js 10',
    'program.ts',
    { module: 'commonjs', moduleResolution: 'node10' },
    ['TypeScript 5.2', 'TypeScript 5'],
  ],
];

const JEST = {
  'jest.config.json': JSON.stringify({
    testEnvironment: 'node',
    transform: { '\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.jest.json' }] },
  }),
  'tsconfig.jest.json': JSON.stringify({
    compilerOptions: {
      strict: true,
      module: 'commonjs',
      target: 'es2022',
      skipLibCheck: false,
      types: [],
    },
  }),
  'session.test.ts': `
    import { type DevServer, JamdevError, startDevServer } from 'jamdev';
    declare const test: (title: string, body: () => Promise<void>) => void;
    declare const expect: (value: unknown) => { toBe(other: unknown): void; toBeInstanceOf(type: unknown): void };
    declare const fetch: (url: string) => Promise<{ text(): Promise<string> }>;

    test('a session backend answers', async () => {
      const server: DevServer = await startDevServer({ command: 'node server.cjs', port: 0, proxyPort: 0 });
      const { url } = await server.connect({ key: 'from-jest' });
      expect(await (await fetch(url)).text()).toBe('session from-jest');
      await server.close();
    });

    test('errors are instances of JamdevError', async () => {
      const error = await startDevServer({ folder: 'bad' }).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(JamdevError);
      expect((error as JamdevError).code).toBe('ConfigInvalid');
    });
  `,
  'bad/jamsocket.config.json': '{ "command": ',
  'server.cjs': `require('http').createServer((q, s) => s.end('session ' + process.env.SESSION_BACKEND_KEY)).listen(process.env.PORT)`,
};

const project = keepFolder({ 'package.json': '{"name": "app", "private": true}', ...JEST });

beforeAll(async () => {
  const tarball = packJamdev(project.path);
  const names = ['jest@30', 'ts-jest@29', 'typescript@~5.9.0', 'typescript-5.2@npm:typescript@~5.2.0'];
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...names];
  await run('npm', args, { cwd: project.path });
});

afterAll(() => project.remove());

describe('the types of the public API, with their declarations checked and no other types installed', () => {
  test.each(Object.entries(COMPILERS))('%s accepts them with every module resolution', async (compiler, name) => {
    const tsc =
      name === undefined
        ? join(ROOT, 'node_modules/typescript/bin/tsc')
        : join(project.path, 'node_modules', name, 'bin/tsc');
    const errors: Record<string, string> = {};
    for (const [resolution, file, options, compilers] of RESOLUTIONS) {
      if (compilers?.includes(compiler as keyof typeof COMPILERS) === false) continue;
      writeFileSync(join(project.path, file), PROGRAM);
      const config = join(project.path, 'tsconfig.one.json');
      writeFileSync(config, JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files: [file] }));
      await run(process.execPath, [tsc, '-p', config], { cwd: project.path }).catch((error: { stdout: string }) => {
        errors[resolution] = error.stdout;
      });
    }
    expect(errors).toEqual({});
  });
});

test('require and import give the same exports, and only the promised ones', async () => {
  const script = `
    const required = require('jamdev');
    import('jamdev').then((imported) => {
      const names = Object.keys(imported).filter((name) => name !== 'module.exports').sort();
      console.log(JSON.stringify({ required: Object.keys(required).sort(), names, same: names.every((name) => imported[name] === required[name]) }));
    });
  `;
  const { stdout, stderr } = await run(process.execPath, ['-e', script], { cwd: project.path });
  const names = ['JamdevError', 'startDevServer'];
  expect({ ...JSON.parse(stdout), stderr }).toEqual({ required: names, names, same: true, stderr: '' });
});

test('works in Jest tests that ts-jest compiles to CommonJS', async () => {
  const jest = join(project.path, 'node_modules/jest/bin/jest.js');
  const { stderr } = await run(process.execPath, [jest], {
    cwd: project.path,
    env: { ...process.env, NODE_ENV: undefined },
  });
  expect(stderr).toMatch(/^Tests: +2 passed, 2 total$/m);
  expect(stderr).not.toMatch(/did not exit|TS\d+|open handle/);
});
