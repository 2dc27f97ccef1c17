import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { findDockerBuilder } from '../../src/docker-engine/docker-builder.js';
import { newBackendId } from '../../src/platform/ids.js';
import { toBytePath, toText } from '../../src/watch/byte-path.js';
import { readDockerRules } from '../../src/watch/rules/docker-rules.js';
import { makeTempFolder } from '../support/project.js';
import { filesLeftIn } from '../watch/rules/walk.js';
import { describeDocker, docker } from './support.js';

/** Builders differ in whether they send these files, which jamdev always watches. */
const BUILD_FILES = ['Dockerfile', '.dockerignore', 'Dockerfile.dockerignore'];
/** Keeps the context from being empty, which builders refuse. */
const ALWAYS = 'zz-always';

const name = fc.constantFrom(
  ...['a', 'b', 'A', 'ab', 'a.js', 'b.js', 'src', 'dist', 'a b', '#a', '[a]', 'a+', '(a)', '{a}', 'a|b', '$a', '^a'],
  ...['é', '日本', '.hidden', 'constructor', '__proto__', 'node_modules', 'a\\b'],
);
const file = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'src',
    'dist',
    '.js',
    'a.js',
    '/',
    '/',
    '*',
    '**',
    '?',
    '[ab]',
    '[^a]',
    '**/',
    '/**',
    '/**/',
    './',
    '../',
  ],
  ...['\\*', '\\[', ' ', '#', '.', '+', '(a)', '{a}', '|', '^', '{', '$', 'é', '日本'],
);
const line = fc
  .tuple(fc.constantFrom('', '', '!', '!', '/', ' '), fc.array(piece, { minLength: 1, maxLength: 4 }))
  .map(([start, pieces]) => `${start}${pieces.join('')}`);
/** Lines that Docker refuses, so that nothing would be built. */
const isRefused = (text: string) => /^ *! *[./ ]*$/.test(text);
const context = fc.record({
  files: fc.uniqueArray(file, { minLength: 1, maxLength: 14 }),
  lines: fc
    .array(line, { minLength: 1, maxLength: 4 })
    .map((lines) => lines.filter((text) => !isRefused(text)))
    .chain((lines) => fc.constantFrom(lines, ['*', ...lines])),
});

function writeContext(files: readonly string[], ignoreFiles: Record<string, string>): string {
  const root = makeTempFolder();
  for (const path of [...files, ALWAYS]) {
    try {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), '');
    } catch {
      // The path needs a folder where a file exists.
    }
  }
  writeFileSync(join(root, 'Dockerfile'), 'FROM scratch\nCOPY . /context/\n');
  for (const [path, text] of Object.entries(ignoreFiles)) writeFileSync(join(root, path), `${text}\n!${ALWAYS}\n`);
  return root;
}

/** The files that `docker build` sent, listed by an image that copied all of them. */
async function filesSent(root: string): Promise<string[]> {
  const word = `jamdev-test-context-${newBackendId()}`;
  await docker('build', '--quiet', '--tag', word, root);
  try {
    await docker('create', '--name', word, word, 'nothing');
    const archive = execFileSync('docker', ['export', word], { maxBuffer: 64 * 1024 * 1024 });
    const listing = execFileSync('tar', ['--list', '--quoting-style=literal'], { input: archive }).toString();
    const files = listing.split('\n').filter((path) => path.startsWith('context/') && !path.endsWith('/'));
    return files
      .map((path) => path.slice('context/'.length))
      .filter((path) => !BUILD_FILES.includes(path))
      .sort();
  } finally {
    await docker('rm', '--force', word).catch(() => undefined);
    await docker('rmi', '--force', word).catch(() => undefined);
  }
}

async function filesWatched(root: string): Promise<string[]> {
  const path = toBytePath(root);
  const place = { context: path, dockerfile: toBytePath(join(root, 'Dockerfile')), builder: await findDockerBuilder() };
  const { rules } = await readDockerRules(place, path);
  const files = await filesLeftIn(path, rules);
  return files
    .map((each) => toText(toBytePath(Buffer.from(each, 'latin1').toString())))
    .filter((each) => !BUILD_FILES.includes(each))
    .sort();
}

describeDocker('the watched files of a build context are those that docker build sends', () => {
  const runs = Number(process.env.JAMDEV_PROPERTY_RUNS ?? 20);

  test('for any tree and any ignore file', async () => {
    const property = fc.asyncProperty(context, async ({ files, lines }) => {
      const root = writeContext(files, { '.dockerignore': lines.join('\n') });
      try {
        expect(await filesWatched(root)).toEqual(await filesSent(root));
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    });
    await fc.assert(property, { numRuns: runs });
  }, 300_000);

  test.each([
    ['a file in an excluded folder', '*\n!src/server.js'],
    ['files at any depth of excluded folders', '*\n!**/*.js'],
    ['an included file of a folder, with another exclusion in it', 'src\n!src/deep\nsrc/deep/*.md'],
    ['comments, white space and dots', '# src\n  src/deep  \n./other/'],
    ['names that have a meaning elsewhere', 'constructor\n__proto__'],
  ])('%s', async (_what, text) => {
    const files = [
      'src/server.js',
      'src/notes.md',
      'src/deep/a.js',
      'src/deep/a.md',
      'other/x.js',
      'constructor',
      '__proto__',
      'toString',
    ];
    const root = writeContext(files, { '.dockerignore': text });
    expect(await filesWatched(root)).toEqual(await filesSent(root));
  });

  test('with an ignore file named after the Dockerfile, if the builder supports it', async () => {
    const root = writeContext(['a.js', 'b.js'], { '.dockerignore': 'a.js', 'Dockerfile.dockerignore': 'b.js' });
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    expect(await filesWatched(root)).toEqual(await filesSent(root));
  });
});
