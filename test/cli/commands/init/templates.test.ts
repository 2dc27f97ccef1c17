import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTemplate, TEMPLATE_NAMES } from '../../../../src/cli/commands/init/templates.js';
import { parseConfig } from '../../../../src/config/config-file.js';
import { ROOT } from '../../../support/project.js';

const TEMPLATES = join(ROOT, 'templates');

test('templates/ contains exactly the templates that can be requested', () => {
  expect(readdirSync(TEMPLATES).sort()).toEqual([...TEMPLATE_NAMES].sort());
});

describe.each(TEMPLATE_NAMES)('the template %s', (name) => {
  const folder = join(TEMPLATES, name);

  test.skipIf(!existsSync(join(ROOT, '.git')))('equals what is in git, whatever else is in its folder', async () => {
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const expected = listed.split('\n').filter((path) => path !== '' && path !== 'gitignore');
    expect((await readTemplate(name)).map(({ path }) => path)).toEqual(expected.sort());
  });

  test('has a .gitignore in two copies here, since npm packs only one of them', async () => {
    const packed = (await readTemplate(name)).find(({ path }) => path === '.gitignore');
    expect(packed?.content.toString()).toBe(readFileSync(join(folder, '.gitignore'), 'utf8'));
  });

  test('has what users need: a config that is valid for both runtimes, a page, a README', async () => {
    const files = new Map((await readTemplate(name)).map(({ path, content }) => [path, content.toString()]));
    const config = await parseConfig(files.get('jamsocket.config.json') ?? '', 'jamsocket.config.json');
    expect(config).toMatchObject({
      $schema: './node_modules/jamdev/config.schema.json',
      runtime: 'process',
      dockerfile: './Dockerfile',
    });
    for (const path of ['public/index.html', 'README.md', '.dockerignore']) expect(files.has(path), path).toBe(true);
    const dockerfile = files.get('Dockerfile') ?? '';
    expect(dockerfile).toMatch(/^FROM (node|python):[\d.]+-slim$/m);
    expect(dockerfile).toMatch(/^USER (node|1000:1000)$/m);
    expect(dockerfile).toMatch(/^EXPOSE 8080$/m);
    expect(dockerfile).toMatch(/^CMD \["\w+", "server\.\w+"\]$/m);
  });
});

test('dependencies of the templates are tested here in a version that users could get', async () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of TEMPLATE_NAMES) {
    const manifest = (await readTemplate(name)).find(({ path }) => path === 'package.json');
    const { dependencies = {} } = JSON.parse(manifest?.content.toString() ?? '{}');
    for (const [dependency, range] of Object.entries<string>(dependencies)) {
      expect(devDependencies[dependency]?.split('.')[0], dependency).toBe(range.split('.')[0]);
    }
  }
});
