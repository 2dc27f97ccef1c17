import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './support/project.js';

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'AGENTS.md', 'CHANGELOG.md', 'SECURITY.md'].map((name) => join(ROOT, name)),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(ROOT, 'docs', name)),
];

/** The anchors of the headings, as GitHub generates them. */
function anchorsOf(page: string): string[] {
  const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links of a page outside of its examples. */
function linksOf(page: string): string[] {
  const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

describe.each(PAGES.map((page) => [relative(ROOT, page), page] as const))('%s', (_name, page) => {
  test('links to pages and headings that exist', () => {
    const broken = linksOf(page).filter((target) => {
      if (/^https?:/.test(target)) return false;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('contains no merge conflict markers', () => {
    expect(readFileSync(page, 'utf8')).not.toMatch(/^(<{7}|={7}|>{7})( |$)/m);
  });

  test('does not link to the hosted platform, which no longer exists', () => {
    expect(linksOf(page).filter((target) => /\bjamsocket\.(com|net)/.test(target))).toEqual([]);
  });
});

test('each decision has a unique number', () => {
  const numbers = readdirSync(join(ROOT, 'docs', 'decisions')).map((name) => name.slice(0, 3));
  expect(new Set(numbers).size).toBe(numbers.length);
});

test('the architecture page names files that exist', () => {
  const text = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
  const files = [...text.matchAll(/`([\w-]+\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(10);
  const missing = files.filter((file) => !existsSync(join(ROOT, 'src', file)) && !existsSync(join(ROOT, file)));
  expect(missing).toEqual([]);
});

test('the architecture page names every folder of src', () => {
  const text = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).filter((name) => !text.includes(`${name}/`))).toEqual([]);
});
