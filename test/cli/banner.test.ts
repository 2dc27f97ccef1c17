import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type BannerLine, bannerLines, environmentLines } from '../../src/cli/terminal/banner.js';
import { makeProject } from '../support/project.js';
import { processService } from '../support/service.js';

const BEFORE: BannerLine[] = [
  ['API', 'http://localhost:8080'],
  ['proxy', 'http://localhost:9090'],
];
const AFTER: BannerLine[] = [['spawn', 'npx jamdev spawn']];

function services(...names: string[]) {
  return names.map((name) => processService({ name, cwd: '/', command: `node ${name}.js`, foundIn: 'the config' }));
}

function of(names: string[], after = AFTER): string[] {
  return bannerLines(BEFORE, services(...names), after).map(([label, text]) => `${label}|${text}`);
}

test('a single service is described by its command and where that was found', () => {
  expect(of(['default'])).toEqual([
    'API|http://localhost:8080',
    'proxy|http://localhost:9090',
    'runs|node default.js  (the config)',
    'spawn|npx jamdev spawn',
  ]);
});

test('several services have a line each, with their names', () => {
  expect(of(['web', 'chat']).slice(2, 4)).toEqual(['runs|web   node web.js', '|chat  node chat.js']);
});

test('a service that runs in containers is described by its Dockerfile', () => {
  const [service] = services('x');
  const docker = { ...service, runtime: 'docker', dockerfile: 'app/Dockerfile' } as never;
  expect(bannerLines([], [docker], [])[0]?.[1]).toContain('containers of app/Dockerfile');
});

test.each([
  [['a', 'b', 'c', 'd'], AFTER],
  [
    ['a', 'b', 'c'],
    [['env', 'X, Y'] as const, ...AFTER],
  ],
])('a few services fit into eight lines: %j', (names, after) => {
  const lines = of(names, [...after]);
  // The version and an empty line come first.
  expect(lines.length + 2).toBeLessThanOrEqual(8);
  for (const name of names) expect(lines.join('\n')).toContain(`node ${name}.js`);
});

test.each([80, 60, 40, 20, 1])('names of 17 services are not cut in %i columns if they fit', (columns) => {
  const names = Array.from({ length: 17 }, (_, index) => `doc-${index}`);
  const lines = bannerLines([], services(...names), [], columns).map(([, text]) => String(text));
  expect(lines.join(' ')).toBe(`17 services: ${names.join(', ')}`);
  // The label takes ten columns, and a word that does not fit gets its own line.
  for (const line of lines) if (line.includes(' ')) expect(line.length).toBeLessThan(columns - 10);
});

test.each([12, 17, 60])('%i services are named in lines that fit into 80 columns', (count) => {
  const names = Array.from({ length: count }, (_, index) => `service-${index}`);
  const lines = bannerLines(BEFORE, services(...names), AFTER).map(([, text]) => String(text));
  expect(lines.join(' ')).toContain(`${count} services: ${names.join(', ')}`);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(68);
  expect(lines.length).toBeLessThanOrEqual(4 + Math.ceil((count * 12) / 60));
});

function withFiles(files: Record<string, string>, names = Object.keys(files)) {
  const cwd = makeProject(files);
  return [processService({ cwd, envFiles: names.map((name) => ({ path: join(cwd, name), named: name !== '.env' })) })];
}

test('names variables of env files without their values, except those that the platform sets', async () => {
  const [line] = await environmentLines(withFiles({ '.env': 'API_KEY=secret\nPORT=1', 'b.env': 'DB_URL=secret' }));
  expect(line).toEqual(['env', 'API_KEY, DB_URL  (.env, b.env; not PORT: set by the platform)']);
});

test('counts variables when there are many', async () => {
  const many = Array.from({ length: 11 }, (_, index) => `V${10 + index}=1`).join('\n');
  expect((await environmentLines(withFiles({ '.env': many })))[0]?.[1]).toBe(
    'V10, V11, V12, V13, V14, V15, V16, V17 and 3 more  (.env)',
  );
});

test.each([
  ['the env file is missing', {}, ['.env']],
  ['the env file is empty', { '.env': '' }, ['.env']],
  ['the env file can’t be read', {}, ['nope.env']],
])('names no variables if %s', async (_what, files, names) => {
  expect(await environmentLines(withFiles(files as Record<string, string>, names))).toEqual([]);
});

test('leaves a named pipe for the build to read', async () => {
  const [service] = withFiles({ 'a.env': 'A=1' });
  if (service === undefined) throw new Error('no service');
  const pipe = join(service.cwd, '.env');
  execFileSync('mkfifo', [pipe]);
  const both = { ...service, envFiles: [...service.envFiles, { path: pipe, named: false }] };
  expect(await environmentLines([both])).toEqual([['env', 'A  (a.env, .env)']]);
  const alone = { ...service, envFiles: [{ path: pipe, named: false }] };
  expect(await environmentLines([alone])).toEqual([['env', 'read by each build  (.env)']]);
});
