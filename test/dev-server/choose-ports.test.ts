import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { choosePorts, type PortPolicy } from '../../src/dev-server/choose-ports.js';
import { isPortInUse } from '../../src/ports/probe-port.js';
import { keepPorts, readKeptPorts } from '../../src/records/kept-ports.js';
import { takeLock } from '../../src/records/lock.js';
import { devLockOf } from '../../src/records/project-lock.js';
import { ServerRecordFile } from '../../src/records/server-records.js';
import { createStateFolder, type OwnStateFolder } from '../../src/records/state-folder.js';
import { occupy } from '../support/default-ports.js';
import { makeProject } from '../support/project.js';
import { recordOf } from '../support/server-record.js';
import { useStateHome } from '../support/state-home.js';

const MAKE = { api: () => createServer(), proxy: () => createServer() };
const SILENT: PortPolicy = { forgetKept: false, ask: undefined };

/** The first port of a range in which all ports that a test may use are free; the pair is it and the one 10 above. */
async function freeRange(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 12_000);
    const ports = Array.from({ length: 20 }, (_, index) => base + index);
    if (!(await Promise.all(ports.map(isPortInUse))).some(Boolean)) return base;
  }
}

/** The ports that a folder keeps; fails if their file is unusable. */
function kept(folder: OwnStateFolder) {
  return readKeptPorts(folder, (error) => expect.fail(error.message));
}

interface Choice {
  folder?: OwnStateFolder;
  policy?: PortPolicy | undefined;
  defaultPorts?: { port: boolean; proxyPort: boolean };
  host?: string | undefined;
  interactive?: boolean;
}

/** Chooses ports with the defaults `base` and `base + 10`. @returns the ports and the messages about them */
async function choose(base: number, choice: Choice = {}) {
  const { folder = createStateFolder(makeProject()), host, interactive = true } = choice;
  const { defaultPorts = { port: true, proxyPort: true } } = choice;
  const config = { port: base, proxyPort: base + 10, host, defaultPorts, interactive };
  const policy = 'policy' in choice ? choice.policy : SILENT;
  const unusable: string[] = [];
  const { api, proxy, move } = await choosePorts(config, folder, MAKE, policy, ({ sentence }) => {
    unusable.push(sentence);
  });
  const close = () => Promise.all([api.close(), proxy.close()]);
  onTestFinished(() => void close());
  return { port: api.port, proxyPort: proxy.port, move, unusable, close };
}

/** Makes this process count as the dev server of a project: by its record, or during a start by its lock alone. */
async function actAsDevServer(how: 'record' | 'lock'): Promise<string> {
  const project = makeProject();
  const folder = createStateFolder(project);
  if (how === 'record')
    new ServerRecordFile(folder, 'run').write(await recordOf(project, { apiUrl: '', proxyUrl: '' }));
  else {
    const { lock } = await takeLock(devLockOf({ folder, note: folder.project }));
    onTestFinished(() => lock?.release());
  }
  return project;
}

describe('a default port on which a program listens', () => {
  test.each([
    ['127.0.0.1', false],
    ['::1', false],
    ['0.0.0.0', false],
    ['::', false],
    ['::', true],
  ])('at %s (IPv6 only: %s) is taken, whatever address the dev server listens on', async (host, ipv6Only) => {
    useStateHome(makeProject());
    const base = await freeRange();
    await occupy(base, host, ipv6Only);
    for (const own of [undefined, '0.0.0.0', '::', '127.0.0.1', '::1']) {
      await expect(choose(base, { host: own })).rejects.toMatchObject({ code: 'PortTaken', port: base });
    }
    await occupy(base + 11, host, ipv6Only);
    await expect(choose(base + 1)).rejects.toMatchObject({ code: 'PortTaken', port: base + 11 });
  });

  test.each(['record', 'lock'] as const)(
    'belongs to the dev server of another project, known by its %s',
    async (how) => {
      useStateHome(makeProject());
      const base = await freeRange();
      await occupy(base);
      const project = await actAsDevServer(how);
      const folder = createStateFolder(makeProject());
      const first = await choose(base, { folder });
      expect(first).toMatchObject({ port: base + 1, proxyPort: base + 11 });
      expect(first.move).toMatchObject({ taken: { port: base, project } });
      await first.close();
      const second = await choose(base, { folder });
      expect(second).toMatchObject({ port: base + 1, proxyPort: base + 11, move: { taken: undefined } });
    },
  );

  test('moves both ports, even if it is the proxy’s, and skips pairs with a taken port', async () => {
    useStateHome(makeProject());
    const base = await freeRange();
    await actAsDevServer('record');
    for (const port of [base + 10, base + 1, base + 12]) await occupy(port);
    expect(await choose(base)).toMatchObject({ port: base + 3, proxyPort: base + 13 });
  });

  test('moves alone if the other port was named, while a taken named port is an error', async () => {
    useStateHome(makeProject());
    const base = await freeRange();
    await actAsDevServer('record');
    await occupy(base + 10);
    const named = await choose(base, { defaultPorts: { port: false, proxyPort: true } });
    expect(named).toMatchObject({ port: base, proxyPort: base + 11 });
    await named.close();
    const strict = choose(base, { defaultPorts: { port: true, proxyPort: false } });
    await expect(strict).rejects.toMatchObject({ code: 'PortTaken', port: base + 10 });
    await expect(choose(base, { policy: undefined })).rejects.toMatchObject({ port: base + 10 });
    expect(await isPortInUse(base)).toBe(false);
  });

  test('of another program leads to a question: yes keeps other ports, no is the error', async () => {
    useStateHome(makeProject());
    const base = await freeRange();
    await occupy(base);
    const folder = createStateFolder(makeProject());
    const questions: number[] = [];
    const ask = (answer: boolean) => async (_: unknown, pair: { port: number; proxyPort: number }) => {
      questions.push(pair.port, pair.proxyPort);
      return answer;
    };
    const no = choose(base, { folder, policy: { forgetKept: false, ask: ask(false) } });
    await expect(no).rejects.toMatchObject({ port: base });
    expect(await isPortInUse(base + 1)).toBe(false);
    expect(kept(folder)).toBeUndefined();
    const offKeys = choose(base, { folder, interactive: false, policy: { forgetKept: false, ask: ask(true) } });
    await expect(offKeys).rejects.toMatchObject({ port: base });
    const yes = await choose(base, { folder, policy: { forgetKept: false, ask: ask(true) } });
    expect(yes).toMatchObject({ port: base + 1, move: { taken: { port: base, project: undefined } } });
    expect(questions).toEqual([base + 1, base + 11, base + 1, base + 11]);
    await yes.close();
    expect(await choose(base, { folder })).toMatchObject({ port: base + 1, move: { taken: undefined } });
  });
});

describe('the ports that a folder keeps', () => {
  test('are not used by others unless the folder is gone', async () => {
    useStateHome(makeProject());
    const base = await freeRange();
    await occupy(base);
    await actAsDevServer('record');
    keepPorts(createStateFolder(makeProject()), { port: base + 1, proxyPort: base + 11 });
    const deleted = makeProject();
    keepPorts(createStateFolder(deleted), { port: base + 2, proxyPort: base + 12 });
    rmSync(deleted, { recursive: true });
    const taken = await choose(base);
    expect(taken).toMatchObject({ port: base + 2, proxyPort: base + 12 });
    await taken.close();
  });

  test('are replaced by the next free ones if they are taken, and forgotten on request', async () => {
    useStateHome(makeProject());
    const base = await freeRange();
    await actAsDevServer('record');
    const folder = createStateFolder(makeProject());
    keepPorts(folder, { port: base + 1, proxyPort: base + 11 });
    const holder = await occupy(base + 1);
    const moved = await choose(base, { folder });
    expect(moved).toMatchObject({ port: base + 2, proxyPort: base + 12 });
    await moved.close();
    holder.close();
    expect(kept(folder)).toEqual({ port: base + 2, proxyPort: base + 12 });
    const forgotten = await choose(base, { folder, policy: { forgetKept: true, ask: undefined } });
    expect(forgotten).toMatchObject({ port: base, proxyPort: base + 10, move: undefined });
    expect(kept(folder)).toBeUndefined();
  });

  test.each<[string, (path: string) => void]>([
    ...['', '{', '[]', '{"port": 1}', '{"port": 0, "proxyPort": 70000}', 'null'].map(
      (text): [string, (path: string) => void] => [`a file with ${text}`, (path) => writeFileSync(path, text)],
    ),
    ['a folder', (path) => mkdirSync(join(path, 'in it'), { recursive: true })],
    ['a dangling link', (path) => symlinkSync('nothing', path)],
    ['a link to a file', (path) => symlinkSync('project.json', path)],
    ['a named pipe', (path) => execFileSync('mkfifo', [path])],
  ])('count as missing if the file is %s, which is reported with its path until it is replaced', async (_, make) => {
    useStateHome(makeProject());
    const base = await freeRange();
    const folder = createStateFolder(makeProject());
    const path = join(folder.root, 'ports.json');
    make(path);
    const chosen = await choose(base, { folder });
    expect(chosen).toMatchObject({ port: base, proxyPort: base + 10 });
    expect(chosen.unusable).toEqual([expect.stringContaining(`jamdev can't read ${path}`)]);
    await chosen.close();
    rmSync(path, { recursive: true });
    expect((await choose(base, { folder })).unusable).toEqual([]);
  });
});

test('dev servers that choose at the same moment all get their own ports', async () => {
  useStateHome(makeProject());
  const base = await freeRange();
  await actAsDevServer('record');
  const chosen = await Promise.all(Array.from({ length: 6 }, () => choose(base)));
  const ports = chosen.flatMap(({ port, proxyPort }) => [port, proxyPort]);
  expect(new Set(ports).size).toBe(12);
  expect(Math.max(...chosen.map(({ port }) => port))).toBe(base + 5);
});
