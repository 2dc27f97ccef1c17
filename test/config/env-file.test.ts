import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createReadEnvFiles, findEnvFiles } from '../../src/config/env-file.js';
import { resolveConfig } from '../../src/config/resolve.js';
import { makeProject } from '../support/project.js';

const readEnvFiles = createReadEnvFiles();

test('values may be quoted, span lines, and contain comments and =', async () => {
  const folder = makeProject({
    '.env':
      '\uFEFF# a comment\nPLAIN=1\nexport EXPORTED=2\nQUOTED="a b # c"\nSINGLE=\'$HOME\'\nURL=postgres://u:p@h/d?a=b\nLINES="one\ntwo"\nEMPTY=\n',
  });
  expect((await readEnvFiles(findEnvFiles(undefined, [folder], folder))).env).toEqual({
    PLAIN: '1',
    EXPORTED: '2',
    QUOTED: 'a b # c',
    SINGLE: '$HOME',
    URL: 'postgres://u:p@h/d?a=b',
    LINES: 'one\ntwo',
    EMPTY: '',
  });
});

test('variables that the platform sets are left out and reported', async () => {
  const folder = makeProject({ '.env': 'PORT=3000\nSESSION_BACKEND_KEY=x\nA=1\n' });
  expect(await readEnvFiles(findEnvFiles(undefined, [folder], folder))).toEqual({
    env: { A: '1' },
    leftOut: ['PORT', 'SESSION_BACKEND_KEY'],
  });
});

test('a later file takes precedence; .env is optional, a named file is required', async () => {
  const folder = makeProject({ '.env': 'A=project\nB=project\n', 'service/.env': 'B=service\n' });
  const files = findEnvFiles(undefined, [folder, join(folder, 'service'), join(folder, 'nowhere')], folder);
  expect((await readEnvFiles(files)).env).toEqual({ A: 'project', B: 'service' });
  await expect(readEnvFiles(findEnvFiles('nope.env', [folder], folder))).rejects.toThrow(
    expect.objectContaining({ code: 'ConfigUnreadable', message: expect.stringContaining('nope.env') }),
  );
});

test('the config and the flags name other env files, or none', async () => {
  const files = async (config: object, flags: object = {}) => {
    const folder = makeProject({ 'jamsocket.config.json': { command: 'x', ...config }, '.env': '' });
    writeFileSync(join(folder, 'a.env'), '');
    const { services } = await resolveConfig({ folder, ...flags });
    return services[0].envFiles.map(({ path }) => path.replace(`${folder}/`, ''));
  };
  expect(await files({})).toEqual(['.env']);
  expect(await files({ envFile: false })).toEqual([]);
  expect(await files({ envFile: 'a.env' })).toEqual(['a.env']);
  expect(await files({ envFile: ['a.env', '.env'] })).toEqual(['a.env', '.env']);
  expect(await files({ envFile: 'a.env' }, { envFile: ['/there/b.env'] })).toEqual(['/there/b.env']);
});
