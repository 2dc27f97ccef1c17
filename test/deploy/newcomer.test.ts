import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { docker } from '../engine/drivers/backend-image.js';
import { createBrowser, describeBrowser } from '../support/browser.js';
import { startCompose } from '../support/compose.js';
import { ENGINE_SOCKET } from '../support/drones.js';
import { freePort } from '../support/free-port.js';
import { post, send } from '../support/http.js';
import { makeTempFolder, ROOT } from '../support/project.js';
import { hasRegistry } from '../support/registry.js';
import { describeServe, START_DEADLINE_MS } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

const COMPOSE_UP = 'docker compose up --detach --wait';

/** The commands under a heading of docs/serve.md, in order. */
function commandsOf(heading: string): string {
  const text = readFileSync(join(ROOT, 'docs', 'serve.md'), 'utf8');
  const section =
    text
      .slice(text.indexOf(`\n## ${heading}\n`))
      .slice(1)
      .split(/\n## /)[0] ?? '';
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('');
}

/** Programs at the front of the PATH: jamdev is the built one, and installing it creates a link to it. */
function makePrograms(): string {
  const folder = join(makeTempFolder(), 'bin');
  mkdirSync(folder);
  const jamdev = `exec ${process.execPath} ${join(ROOT, 'bin', 'jamdev.js')}`;
  const programs = {
    npx: `[ "$1" = jamdev ] && shift && ${jamdev} "$@"\nexit 64`,
    npm: `[ "$*" = "install --save-dev jamdev" ] || exit 64\nmkdir -p node_modules && ln -s ${ROOT} node_modules/jamdev`,
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

(hasRegistry ? describeBrowser : describe.skip)('from an empty folder to a page', () => {
  const browser = createBrowser();

  describeServe('a platform set up with the commands of docs/serve.md', () => {
    test('serves a page whose session uses WebSocket through the proxy of deploy/compose.yaml', async () => {
      const [api, controller, proxy, registry] = [
        await freePort(),
        await freePort(),
        await freePort(),
        await freePort(),
      ];
      const ports = { 8080: api, 8081: controller, 9090: proxy, 5000: registry };
      const tag = `jamdev-newcomer:${api}`;
      const script = commandsOf('One machine')
        .replaceAll('localhost:8080', `localhost:${api}`)
        .replaceAll('doc:1', tag);
      const [before = '', after = ''] = script.split(`${COMPOSE_UP}\n`);
      expect(after, 'the command that starts the platform').not.toBe('');
      const empty = makeTempFolder();
      const env = { ...process.env, PATH: `${makePrograms()}:${process.env.PATH}` };
      const run = async (commands: string, cwd: string) =>
        (await promisify(execFile)('sh', ['-ec', `${commands}\npwd`], { cwd, env })).stdout.trim().split('\n');
      onTestFinished(async () => void (await docker('rmi', '--force', tag)));
      const folder = (await run(before, empty)).at(-1) ?? '';

      const volumes = makeTempFolder();
      await startCompose(join(folder, 'compose.yaml'), {
        ports,
        folder,
        volumes,
        engineSocket: ENGINE_SOCKET.slice('unix://'.length),
      });
      const printed = (await run(after, folder)).slice(0, -1).join('\n');
      const { url, name } = JSON.parse(printed.slice(printed.indexOf('{'), printed.lastIndexOf('}') + 1));
      onTestFinished(async () => void (await docker('rm', '--force', `plane-${name}`)));
      expect(url).toMatch(new RegExp(`^http://localhost:${proxy}/[\\w-]{43}/$`));
      const { page } = await browser.open(url);
      await waitFor(
        async () => (await page.locator('#status').getAttribute('data-state')) === 'connected',
        'the page to be connected',
        START_DEADLINE_MS,
      );
      // The second person's text reaches the first one by WebSocket.
      const other = await browser.open(url);
      await waitFor(async () => (await page.locator('#people li').count()) === 2, 'two people', START_DEADLINE_MS);
      await other.page.click('#text');
      await other.page.keyboard.type('hello from far away');
      await waitFor(
        async () => (await page.locator('#text').inputValue()) === 'hello from far away',
        'the text',
        START_DEADLINE_MS,
      );
      // The registry gets tokens from serve.
      const challenge = await send(`http://127.0.0.1:${registry}/v2/`);
      expect(challenge).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': expect.stringContaining(`localhost:${api}/registry/token`) },
      });
      const backend = `http://localhost:${api}/v2/backend/${name}`;
      expect((await post(`${backend}/terminate`, { hard: true })).status).toBe(200);
      const hasEnded = async () => (await send(`${backend}/status`)).json<{ status: string }>().status === 'terminated';
      await waitFor(hasEnded, 'the session to end', START_DEADLINE_MS);
    });
  });
});
