import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { TEMPLATE_NAMES } from '../../src/cli/commands/init/templates.js';
import { createBrowser, describeBrowser } from '../support/browser.js';
import { type DevRun, untilWatching } from '../support/cli.js';
import { post } from '../support/http.js';
import { isInstalled } from '../support/installed.js';
import { ROOT } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { startTemplate } from './start-template.js';
import { type Connected, changeCode, terminate } from './template-suite.js';

async function connect(dev: DevRun, body: object): Promise<Connected> {
  return (await post(`${dev.apiUrl}/v2/service/-/-/connect`, body)).json<Connected>();
}

const textOf = (page: Page) => page.locator('#text').inputValue();
const peopleIn = (page: Page) => page.locator('#people li').allInnerTexts();
const stateOf = (page: Page) => page.locator('#status').getAttribute('data-state');

/** The name at another person's first cursor, and its horizontal position. */
async function firstCursorIn(page: Page): Promise<{ name: string | null; left: number }> {
  const cursor = page.locator('.cursor').first();
  const box = await cursor.boundingBox();
  return { name: await cursor.getAttribute('data-name'), left: box?.x ?? 0 };
}

describeBrowser.each(TEMPLATE_NAMES)('the page of the template %s', (template) => {
  const browser = createBrowser();

  describe.skipIf(template === 'python' && !isInstalled('python3'))('', () => {
    test("shows other people's text and cursors, reconnects to new code, and says how to continue after the end", async () => {
      const dev = await startTemplate(template);
      const [own, verified] = [
        await connect(dev, { key: "Ann's doc" }),
        await connect(dev, { key: "Ann's doc", user: 'Zoë' }),
      ];
      const [ann, zoe] = [await browser.open(own.url), await browser.open(verified.url)];
      await waitFor(async () => (await peopleIn(ann.page)).length === 2, 'two people');
      await ann.page.fill('#name', 'Ann');
      await ann.page.press('#name', 'Enter');
      await waitFor(async () => (await peopleIn(zoe.page)).sort().join() === 'Ann,Zoë (you)', 'the names');
      expect(await zoe.page.inputValue('#name')).toBe('Zoë');

      await ann.page.click('#text');
      await ann.page.keyboard.type('wide <b>& 🦊');
      await waitFor(async () => (await textOf(zoe.page)) === 'wide <b>& 🦊', 'the text');
      const atTheEnd = await waitFor(async () => {
        const cursor = await firstCursorIn(zoe.page);
        return cursor.name === 'Ann' ? cursor : undefined;
      }, 'a cursor');
      // Text before a cursor moves it, on both pages.
      await zoe.page.click('#text');
      await zoe.page.keyboard.press('Control+Home');
      await zoe.page.keyboard.type('more ');
      await waitFor(async () => (await textOf(ann.page)).startsWith('more wide'), 'the text of Zoë');
      await waitFor(async () => (await firstCursorIn(zoe.page)).left > atTheEnd.left, 'the cursor to move');
      await ann.page.keyboard.type('!');
      await waitFor(
        async () => (await textOf(zoe.page)) === 'more wide <b>& 🦊!',
        'the typing to continue at its place',
      );

      await untilWatching(dev);
      changeCode(dev, template);
      await waitFor(() => dev.stdout().includes('ready on build 2'), 'the new code');
      await waitFor(async () => (await peopleIn(ann.page)).length === 2, 'both to be back');
      await waitFor(async () => (await stateOf(zoe.page)) === 'connected', 'the state');
      await zoe.page.keyboard.type('even ');
      await waitFor(async () => (await textOf(ann.page)) === 'more even wide <b>& 🦊!', 'the text after the swap');

      // A change of the page reloads it, with the same names.
      appendFileSync(join(dev.folder, 'public', 'style.css'), 'h1 { letter-spacing: 7px; }\n');
      const spacing = () =>
        ann.page.evaluate<string>('getComputedStyle(document.body.firstElementChild.firstElementChild).letterSpacing');
      await waitFor(async () => (await spacing().catch(() => '')) === '7px', 'the new page');
      await waitFor(async () => (await peopleIn(ann.page)).sort().join() === 'Ann (you),Zoë', 'the names after that');
      // No errors except those of a closing connection.
      const isExpected = (text: string) => /WebSocket connection|net::ERR_|status of 503/.test(text);
      expect([...ann.errors, ...zoe.errors].filter((text) => !isExpected(text))).toEqual([]);

      await terminate(dev, own);
      await waitFor(async () => (await stateOf(ann.page)) === 'ended', 'the end');
      expect(await ann.page.locator('#ended').textContent()).toContain('This session has ended');
      expect(await ann.page.locator('#command code').textContent()).toBe(`npx jamdev spawn --key 'Ann'\\''s doc'`);
      expect(await ann.page.locator('#text').isEditable()).toBe(false);
    });
  });
});

test('the templates differ only in what they show', () => {
  const read = (template: string, file: string) => readFileSync(join(ROOT, 'templates', template, file), 'utf8');
  for (const file of ['public/style.css', 'public/editor.js']) {
    for (const template of TEMPLATE_NAMES) expect(read(template, file), template).toBe(read('websocket', file));
  }
  for (const file of ['pages.js', 'storage.js', 'Dockerfile']) {
    for (const template of ['socketio', 'warm-pool']) expect(read(template, file), file).toBe(read('websocket', file));
  }
  for (const file of ['public/client.js', 'public/index.html']) {
    expect(read('warm-pool', file), file).toBe(read('websocket', file));
  }
  const withoutPool = new Set(read('websocket', 'server.js').split('\n'));
  const added = read('warm-pool', 'server.js')
    .split('\n')
    .filter((line) => !withoutPool.has(line) && !line.includes('console.log'));
  expect(added).toEqual([
    '// Everything up to the assignment is done in the warm pool, before there is a document.',
    "import { JamsocketBackend } from '@jamsocket/session-backend';",
    'const backend = new JamsocketBackend();',
    "let key = 'local';",
    '// Without a pool, it is there at once: the library takes it from the environment.',
    'const assignment = await backend.assignment();',
    'key = assignment.key ?? key;',
    'server.listen(backend.port, () => {',
    '  assignment.ready();',
  ]);
});
