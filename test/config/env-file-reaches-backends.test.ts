import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServer } from '../support/dev-server.js';
import { send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;

test('variables of .env rank below those of the config and the request, and are read at every build', async () => {
  const folder = makeProject({
    'jamsocket.config.json': { command: ECHO, env: { TEST_B: 'config' }, watch: false },
    '.env': 'TEST_A=file\nTEST_B=file\nTEST_C=file\nPORT=1\n',
  });
  const server = await startServer({ folder, command: undefined });
  const variables = async () => {
    const { url } = await server.connect({ spawn: { executable: { env: { TEST_C: 'request' } } } });
    return (await send(url)).json<{ environment: Record<string, string> }>().environment;
  };
  expect(await variables()).toMatchObject({
    TEST_A: 'file',
    TEST_B: 'config',
    TEST_C: 'request',
    PORT: expect.not.stringMatching(/^1$/),
  });
  writeFileSync(
    join(folder, '.env'),
    readFileSync(join(folder, '.env'), 'utf8').replace('TEST_A=file', 'TEST_A=changed'),
  );
  await server.build('test');
  expect(await variables()).toMatchObject({ TEST_A: 'changed' });
});
