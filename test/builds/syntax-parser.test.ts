import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkFile } from '../../src/builds/check-file.js';
import { findModuleFormat } from '../../src/builds/module-format.js';
import { SyntaxParser } from '../../src/builds/syntax-parser.js';
import { makeProject } from '../support/project.js';

const NEVER = new AbortController().signal;
const MODULE = { 'package.json': '{ "type": "module" }' };
const COMMONJS = { 'package.json': '{ "type": "commonjs" }' };

function startParser(): SyntaxParser {
  const parser = new SyntaxParser();
  onTestFinished(() => parser.close());
  return parser;
}

/** The source of a file, the files around it, and its name, by default `a.js`. */
const SOURCES: [source: string, around?: Record<string, string>, name?: string][] = [
  [''],
  ['const a = 1; return a'],
  ['#!/usr/bin/env node\nrequire("fs")'],
  ['#!/usr/bin/env node\nimport "fs"'],
  ['\uFEFFconst a = 1'],
  ['with (a) {}'],
  ['with (a) {}', MODULE],
  ['import a from "a"; await a; export default import.meta.url'],
  ['import a from "a"', COMMONJS],
  ['import a from "a"', { 'package.json': '{}' }],
  ['import a from "a"', {}, 'a.cjs'],
  ['import a from "a"', COMMONJS, 'a.mjs'],
  ['const require = 1', {}, 'a.cjs'],
  ['const require = 1', MODULE],
  ['return 1', MODULE],
  ['const a = <div/>'],
  ['const a: string = 1'],
  ['function f() { let a; let a }'],
  ['export default () => { let a; let a }', MODULE],
  ['export { missing }', {}, 'a.mjs'],
  ['break;'],
  ['await 1', COMMONJS],
  ['import("x"); import.meta', {}, 'a.cjs'],
  ['"use strict"; 010'],
  ['a?.b ?? c ||= d'],
  ['class A { #a; get b() { return #a in this } static { this.c = 1 } }'],
  ['/(?<year>\\d{4})/v.test("x")'],
  ['/(/'],
];

test.each(SOURCES)(
  'accepts exactly what node --check accepts: %j %j %s',
  async (source, around = {}, name = 'a.js') => {
    const path = join(makeProject({ ...around, [name]: source }), name);
    const accepted = await startParser().accepts(source.replace('\uFEFF', ''), await findModuleFormat(path));
    const passes = await promisify(execFile)(process.execPath, ['--check', path]).then(
      () => true,
      () => false,
    );
    expect(accepted).toBe(passes);
  },
);

describe('a parser', () => {
  test('answers many requests at once, each with its own result', async () => {
    const parser = startParser();
    const sources = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? `let a${index}; (` : `let a${index}`));
    const parsed = await Promise.all(sources.map((source) => parser.accepts(source, 'either')));
    expect(parsed).toEqual(sources.map((_, index) => index % 3 !== 0));
  });

  test('resolves pending requests on closing, and starts again when needed', async () => {
    const parser = startParser();
    const pending = parser.accepts('1', 'either');
    await parser.close();
    expect([true, undefined]).toContain(await pending);
    expect(await parser.accepts('1', 'either')).toBe(true);
  });

  test('finds an error in an undeclared module, which node --check overlooks', async () => {
    const source = 'import "fs";\nexport default () => { let a; let a };\n';
    const cwd = makeProject({ 'a.js': source });
    const check = { language: 'node', program: process.execPath, entry: join(cwd, 'a.js') } as const;
    const bad = await checkFile(check, check.entry, { cwd, env: {}, parser: startParser() }, NEVER);
    expect(bad?.lines[0]).toBe(`${join(cwd, 'a.js')}:2`);
    expect(bad?.lines).toContain("SyntaxError: Identifier 'a' has already been declared");
    writeFileSync(check.entry, source.replace('let a;', ''));
    expect(await checkFile(check, check.entry, { cwd, env: {}, parser: startParser() }, NEVER)).toBeUndefined();
  });

  test('is not used if the program runs on another Node.js', async () => {
    const cwd = makeProject({ 'a.js': 'fine', 'node_modules/.bin/node': '#!/bin/sh\necho refused >&2; exit 1\n' });
    chmodSync(join(cwd, 'node_modules/.bin/node'), 0o755);
    const check = { language: 'node', program: 'node', entry: join(cwd, 'a.js') } as const;
    const surroundings = { cwd, env: {}, parser: startParser() };
    const bad = await checkFile(check, check.entry, surroundings, NEVER);
    expect(bad).toMatchObject({ problem: 'syntax error', lines: ['refused'] });
  });
});
