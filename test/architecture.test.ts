import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './support/project.js';

/** Who stands above whom: a file may import from its own folder, from the same file's level downwards, never upwards. */
const LEVELS: readonly string[][] = [
  ['cli'],
  ['index.ts', 'dev-server.ts'],
  ['dev-server'],
  ['api', 'proxy'],
  ['build'],
  ['platform'],
  ['runtime', 'logs'],
  ['records', 'config', 'pages'],
  ['processes'],
  ['contract', 'os'],
];
/** Leaves know nothing of the rest, but for the words in which errors are told. */
const LEAF_IMPORTS: Record<string, readonly string[]> = { contract: [], os: ['contract'] };

const SOURCE = join(ROOT, 'src');

function partOf(file: string): string {
  return relative(SOURCE, file).split('/')[0] ?? '';
}

function levelOf(part: string): number {
  return LEVELS.findIndex((level) => level.includes(part));
}

function importsOf(file: string): string[] {
  const matches = readFileSync(file, 'utf8').matchAll(/(?:from\s+|import\s*\(\s*|import\s+)'(\.{1,2}\/[^']+)'/g);
  return [...matches].map((match) => resolve(dirname(file), match[1] ?? ''));
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(SOURCE, name));

test('every part of src has its level', () => {
  expect(files.filter((file) => levelOf(partOf(file)) === -1)).toEqual([]);
});

test('imports go downwards only, and never to a neighbour of the same level', () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const file of files) {
    for (const target of importsOf(file)) {
      const [from, to] = [partOf(file), partOf(target).replace(/\.js$/, '.ts')];
      if (from === to) continue;
      seen += 1;
      const leaf = LEAF_IMPORTS[from];
      const sameLevelFiles = from.endsWith('.ts') && to.endsWith('.ts');
      const fine = leaf === undefined ? levelOf(to) > levelOf(from) || sameLevelFiles : leaf.includes(to);
      if (!fine) wrong.push(`${relative(SOURCE, file)} imports ${relative(SOURCE, target)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(50);
});
