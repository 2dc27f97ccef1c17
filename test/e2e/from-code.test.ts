import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeProject, ROOT } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** Less than the deadline of closing, which must not be reached when everything has been closed. */
const SOON_MS = 10_000;

test('JAMDEV_DEBUG=1 writes the debug log to stderr once for all dev servers', async () => {
  const folder = makeProject({
    'program.mjs': `
      import { startDevServer } from ${JSON.stringify(join(ROOT, 'dist', 'index.js'))};
      for (const key of ['a', 'b']) {
        const server = await startDevServer({ command: 'true', port: 0, proxyPort: 0 });
        await server.connect({ key: 'nobody', spawn: false }).catch(() => undefined);
        await server.connect({ key });
        await server.close(true);
      }
    `,
  });
  const options = { cwd: folder, env: { ...process.env, JAMDEV_DEBUG: '1' }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['program.mjs'], options);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(stderr.match(/^jamdev: \S+Z config: project /gm)).toHaveLength(2);
  for (const key of ['a', 'b']) expect(stderr.match(new RegExp(`with key ${key}: spawned`, 'g'))).toHaveLength(1);
});

test('a program that has closed its dev server exits', async () => {
  const folder = makeProject({
    'server.js': `require('http').createServer((q, s) => s.end('hello')).listen(process.env.PORT)`,
    'program.mjs': `
      import { startDevServer } from ${JSON.stringify(join(ROOT, 'dist', 'index.js'))};
      const server = await startDevServer({ command: 'node server.js', port: 0, proxyPort: 0 });
      const { url } = await server.connect({ key: 'doc-1' });
      console.log(await (await fetch(url)).text());
      await server.close();
      console.log('closed');
    `,
  });
  const program = spawn(process.execPath, ['program.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void program.kill('SIGKILL'));
  let printed = '';
  program.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await waitFor(() => printed.includes('closed'), 'the end of closing');
  await waitFor(() => program.exitCode !== null, 'the end of the program', SOON_MS);
  expect({ code: program.exitCode, printed }).toEqual({ code: 0, printed: 'hello\nclosed\n' });
});
