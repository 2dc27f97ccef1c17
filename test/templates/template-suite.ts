import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TemplateName } from '../../src/cli/commands/init/templates.js';
import type { DevRun } from '../support/cli.js';
import { runCli } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';
import { open } from './clients.js';

export interface Connected {
  url: string;
  backend_id: string;
}

/** What the suite needs of a runtime. Everything that is started ends with the test. */
export interface TemplateHarness {
  /** Starts `jamdev dev` in a folder that `jamdev init` has just created. */
  start(template: TemplateName): Promise<DevRun>;
  /** A ready backend that can keep its document beyond its end. */
  connect(dev: DevRun, key: string): Promise<Connected>;
}

/** Ends a backend and waits. @returns its last status */
export async function terminate(dev: DevRun, { backend_id }: Connected, hard = false) {
  const url = `${dev.apiUrl}/v2/backend/${backend_id}`;
  await post(`${url}/terminate`, { hard });
  const lastStatus = async () => {
    const status = (await send(`${url}/status`)).json();
    return status.status === 'terminated' && status;
  };
  return waitFor(lastStatus, 'the end of the backend');
}

/** The file whose change gives a template's backend a new version. */
function serverFile(template: TemplateName): string {
  return template === 'python' ? 'server.py' : 'server.js';
}

/** Changes the code of a template's backend without changing its behavior. */
export function changeCode(dev: DevRun, template: TemplateName): void {
  appendFileSync(join(dev.folder, serverFile(template)), template === 'python' ? '# new\n' : '// new\n');
}

/** What every template guarantees, in every runtime. */
export function describeTemplate(template: TemplateName, { start, connect }: TemplateHarness): void {
  test("two people on one key see each other's typing, and the next backend of the key has the text", async () => {
    const dev = await start(template);
    const first = await connect(dev, 'doc-1');
    const [ann, bob] = [await open(template, first.url, 'doc-1'), await open(template, first.url, 'doc-1')];
    expect([ann.text(), bob.text()]).toEqual(['', '']);
    await waitFor(() => ann.people() === 2 && bob.people() === 2, 'both to be counted');
    ann.type('Ann was here\n');
    await waitFor(() => bob.text() === 'Ann was here\n', 'Bob to see it');
    bob.type('Ann was here\nand Bob: größe 🦊 </script>\u2028');
    await waitFor(() => ann.text().endsWith('</script>\u2028'), 'Ann to see it');
    bob.close();
    await waitFor(() => ann.people() === 1, 'Bob to be gone');

    expect(await terminate(dev, first)).toMatchObject({ exit_error: false, termination_kind: 'soft' });
    expect((await send(first.url)).status).toBe(410);
    const second = await connect(dev, 'doc-1');
    expect(second.backend_id).not.toBe(first.backend_id);
    const cid = await open(template, second.url, 'doc-1');
    expect(cid.text()).toBe('Ann was here\nand Bob: größe 🦊 </script>\u2028');
    expect((await open(template, (await connect(dev, 'Doc-1')).url, 'Doc-1')).text()).toBe('');
    expect(dev.stdout()).toContain('serving doc-1\n');
    expect(dev.stdout()).toMatch(/saved: \d+ characters\n/);
  });

  test('after a code change, the same connection URL works, and the text is still there', async () => {
    const dev = await start(template);
    const connected = await connect(dev, 'doc-1');
    const ann = await open(template, connected.url, 'doc-1');
    ann.type('from before');
    await ann.accepted();
    await waitFor(async () => (await send(`${dev.apiUrl}/_jamdev/info`)).json().watching, 'the watcher');
    changeCode(dev, template);
    await waitFor(() => dev.stdout().includes('ready on build 2'), 'the new code');
    const bob = await open(template, connected.url, 'doc-1');
    expect(bob.text()).toBe('from before');
    // Saving a document is not a code change.
    expect(dev.stdout()).not.toContain('build  3');
    expect((await runCli(['list', '--json'], { cwd: dev.folder })).stdout).toContain(connected.backend_id);
  });
}

/** What the template with a warm pool promises besides, in whatever its backends run. */
export function describePooledTemplate({ start }: Pick<TemplateHarness, 'start'>): void {
  test('a session is given a backend that was started ahead of time', async () => {
    const dev = await start('warm-pool');
    const pools = async () => JSON.parse((await runCli(['list', '--pool', '--json'], { cwd: dev.folder })).stdout);
    await waitFor(async () => (await pools())[0]?.warm === 1, 'a backend in the pool', 60_000);
    const connected = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'doc-1' })).json<Connected>();
    const ann = await open('warm-pool', connected.url, 'doc-1');
    ann.type('from the pool');
    await ann.accepted();
    const { stdout } = await runCli(['list', '--json'], { cwd: dev.folder });
    expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ id: connected.backend_id, start: 'pool' })]);
    await terminate(dev, connected);
    expect(dev.stdout()).toContain('saved: 13 characters');
  });
}
