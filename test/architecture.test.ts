import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './support/project.js';

/** The levels of src, top to bottom: a file may import from its own folder and from levels below, never from above. */
const LEVELS: readonly string[][] = [
  ['cli'],
  ['index.ts'],
  ['serve'],
  ['dev-server'],
  ['api', 'proxy'],
  ['images'],
  ['builds', 'plane'],
  ['platform'],
  ['runtime', 'logs', 'watch'],
  ['records', 'config', 'pages', 'docker-engine', 'store', 'registry', 'ports'],
  ['processes'],
  ['contract', 'os'],
];
/** Leaves import nothing else except the errors. */
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

test('every part of src has a level', () => {
  expect(files.filter((file) => levelOf(partOf(file)) === -1)).toEqual([]);
});

/**
 * The only files that may write to the terminal: jamdev's output, what draws on it, and the program that creates it.
 */
const MAY_WRITE: Record<string, RegExp> = {
  'cli/own-process.ts': /process\.(stdout|stderr)/,
  // The version, before anything else is loaded.
  'cli/launch.ts': /writeSync\(1/,
  // The debug log, when the program that imports jamdev was started with JAMDEV_DEBUG=1.
  'index.ts': /process\.stderr/,
  'cli/terminal/output.ts': /stream\.write/,
  'cli/terminal/line-writer.ts': /stream\.write/,
  'cli/terminal/footer/bottom-screen.ts': /stream\.write/,
};

test('only one place writes to a terminal', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const name = relative(SOURCE, file);
    const prints =
      /\bconsole\b|\bprocess\s*\.\s*(stdout|stderr)|\{[^}]*\bstd(out|err)\b[^}]*\}\s*=\s*process\b|[sS]tream\.write\(|writeSync\([12],/;
    const found = prints.exec(code);
    const allowed = MAY_WRITE[name];
    if (found !== null && allowed === undefined) wrong.push(`${name}: ${found[0]}`);
    if (allowed !== undefined) expect(code).toMatch(allowed);
  }
  expect(wrong).toEqual([]);
});

test('only Text colors the output, and nothing else writes escape sequences', () => {
  const makers = files.filter((file) => /from 'chalk'|\\u001b|\\x1b/.test(readFileSync(file, 'utf8')));
  expect(makers.map((file) => relative(SOURCE, file)).sort()).toEqual([
    'cli/terminal/clean.ts',
    'cli/terminal/footer/layout.ts',
    'cli/terminal/footer/paint.ts',
    'cli/terminal/line-writer.ts',
    'cli/terminal/output.ts',
    'cli/terminal/shortcuts.ts',
    'cli/terminal/text.ts',
  ]);
});

test('imports go only downwards, never to a neighbor on the same level', () => {
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

test('no error is dropped: a handled error is used or written to the debug log', () => {
  const dropped = files.flatMap((file) => {
    const found = readFileSync(file, 'utf8').match(/\bcatch \{|\.catch\(\(\) =>.*/g) ?? [];
    return found.map((each) => `${relative(SOURCE, file)}: ${each} (see os/debug/debug-log.ts)`);
  });
  expect(dropped).toEqual([]);
});

/** Created while a module is loaded, these change only if something is added to them. */
const UNCHANGING = ['Set', 'Map', 'RegExp', 'URL'];
const CHANGES = String.raw`\s*(?:\.(?:set|add|delete|clear|push|pop|shift|unshift|splice|fill|sort|reverse)\(|\[[^\]]*\]\s*=[^=]|\.\w+\s*[-+?|&*/]*=[^=>])`;

/** What a module keeps outside of functions and classes, shared by all who import it. */
function stateIn(code: string): string[] {
  const top = code.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const variables = [...top.matchAll(/^(?:export )?(?:let|var) .*/gm)].map(([line]) => line);
  const constants = [...top.matchAll(/^(?:export )?const (\w+)(?:: [^=]+)? =\s+(?:new (\w+))?/gm)];
  const made = constants.filter(([, , made]) => made !== undefined && !UNCHANGING.includes(made));
  const changed = constants.filter(([, name]) => new RegExp(`\\b${name}${CHANGES}`).test(top));
  const statics = [...top.matchAll(/^\s+(?:private )?static (?!readonly |async |#?\w+[<(]).*/gm)].map(([line]) => line);
  return [...variables, ...[...made, ...changed].map(([line]) => line), ...statics];
}

test('no module has state: whatever changes is in an object that is passed in', () => {
  // The program itself, which no file imports.
  const modules = files.filter((file) => relative(SOURCE, file) !== 'cli/main.ts');
  const found = modules.flatMap((file) =>
    stateIn(readFileSync(file, 'utf8')).map((line) => `${relative(SOURCE, file)}: ${line}`),
  );
  expect(found).toEqual([]);
});

test.each([
  ['let pending;'],
  ['export let count = 0;'],
  ['const cache = new Map<string, number>();\nfunction f() {\n  cache.set("a", 1);\n}'],
  ['const seen: Set<string> = new Set();\nfunction f() {\n  seen.add("a");\n}'],
  ['const list: string[] = [];\nfunction f() {\n  list.push("a");\n}'],
  ['const byName = {};\nfunction f() {\n  byName[name] = 1;\n}'],
  ['const state = { count: 0 };\nfunction f() {\n  state.count += 1;\n}'],
  ['const bus = new EventEmitter();'],
  ['class A {\n  static count = 0;\n}'],
])('%j is state', (code) => {
  expect(stateIn(code)).not.toEqual([]);
});

test.each([
  ['const NAMES = new Set(["a"]);\nfunction f() {\n  return NAMES.has("a");\n}'],
  ['const LIMIT = 5;\nfunction f() {\n  const list = [];\n  list.push(LIMIT);\n}'],
  ['class A {\n  static readonly LIMIT = 1;\n  static async start() {\n    let count = 0;\n  }\n}'],
])('%j is not state', (code) => {
  expect(stateIn(code)).toEqual([]);
});

/** Code that may be loaded late: before a dev server is ready, or in commands that do one thing and exit. */
const LOADS_LATE = [
  'cli/client/',
  'cli/command-table.ts',
  'cli/commands/',
  'cli/completion.ts',
  'cli/launch.ts',
  'cli/main.ts',
  'cli/program.ts',
  'config/config-file.ts',
  'dev-server/docker-parts.ts',
  'dev-server/load-late.ts',
];

test('a running dev server loads nothing, because an import that failed once would always fail', () => {
  const late = files
    .filter((file) => !LOADS_LATE.some((place) => relative(SOURCE, file).startsWith(place)))
    // Node.js contains its own modules.
    .filter((file) => /\bimport\(\s*'(?!node:)/.test(readFileSync(file, 'utf8').replace(/\btypeof import\(/g, '')));
  expect(late.map((file) => relative(SOURCE, file))).toEqual([]);
});

test('CONTRIBUTING.md lists the levels in this order', () => {
  const chain = LEVELS.filter((level) => !level.includes('index.ts'))
    .map((level) => level.map((part) => `\`${part}\``).join(', '))
    .join(' → ');
  expect(readFileSync('CONTRIBUTING.md', 'utf8').replaceAll('\n', ' ')).toContain(chain);
});
