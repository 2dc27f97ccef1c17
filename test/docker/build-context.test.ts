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

/** Builders differ in whether they send these files, which jamdev watches in any case. */
const BUILD_FILES = ['Dockerfile', '.dockerignore', 'Dockerfile.dockerignore'];
/** Keeps the context from being empty, which no builder takes. */
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
/** Lines that Docker refuses altogether, as nothing would be built. */
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
      // A file lies where it needs a folder.
    }
  }
  writeFileSync(join(root, 'Dockerfile'), 'FROM scratch\nCOPY . /context/\n');
  for (const [path, text] of Object.entries(ignoreFiles)) writeFileSync(join(root, path), `${text}\n!${ALWAYS}\n`);
  return root;
}

/** The files that `docker build` sent, as an image that copied them all shows. */
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

describeDocker('what is watched of a build context is what docker build sends', () => {
  const runs = Number(process.env.JAMDEV_PROPERTY_RUNS ?? 20);

  test('of any tree, with any ignore file', async () => {
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
    ['a file in a folder that is left out', '*\n!src/server.js'],
    ['files at any depth of folders that are left out', '*\n!**/*.js'],
    ['a file of a folder, and what is left out of that again', 'src\n!src/deep\nsrc/deep/*.md'],
    ['comments, white space and dots', '# src\n  src/deep  \n./other/'],
    ['names that mean something elsewhere', 'constructor\n__proto__'],
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

  test('with an ignore file named after the Dockerfile, as far as the builder knows it', async () => {
    const root = writeContext(['a.js', 'b.js'], { '.dockerignore': 'a.js', 'Dockerfile.dockerignore': 'b.js' });
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    expect(await filesWatched(root)).toEqual(await filesSent(root));
  });
});
