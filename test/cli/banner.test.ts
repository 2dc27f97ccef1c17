import { expect, test } from 'vitest';
import { type BannerLine, bannerLines } from '../../src/cli/terminal/banner.js';
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

test('a single service is told by how it runs, and where that was found', () => {
  expect(of(['default'])).toEqual([
    'API|http://localhost:8080',
    'proxy|http://localhost:9090',
    'runs|node default.js  (the config)',
    'spawn|npx jamdev spawn',
  ]);
});

test('several have a line each, with their names', () => {
  expect(of(['web', 'chat']).slice(2, 4)).toEqual(['runs|web   node web.js', '|chat  node chat.js']);
});

test('a service whose backends are containers is told by its Dockerfile', () => {
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
  [
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
    [['env', 'X, Y'] as const, ...AFTER],
  ],
])('however many there are, all are named within eight lines: %j', (names, after) => {
  const lines = of(names, [...after]);
  // The version and an empty line come first.
  expect(lines.length + 2).toBeLessThanOrEqual(8);
  for (const name of names) expect(lines.join('\n')).toContain(`node ${name}.js`);
});
