import { execFile } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { JamdevError } from '../../../src/contract/errors/jamdev-error.js';
import { connectEngine } from '../../../src/docker-engine/engine.js';
import { runCli } from '../../support/cli.js';
import { DURATION } from '../../support/durations.js';
import { send } from '../../support/http.js';
import { makeTempFolder } from '../../support/project.js';
import { RawConnection } from '../../support/raw-proxy.js';
import { living, waitFor } from '../../support/wait.js';
import { describeOwnEngine } from '../support.js';
import { useRemoteHost } from './remote-host.js';
import { counted, makeRemoteProject, type RemoteDev, startRemoteDev } from './remote-project.js';

/** More than an SSH server allows sessions on one connection. */
const MANY = 12;

/** The folder of a dev server's SSH connection. */
function sshFolder({ process: { pid } }: RemoteDev): string | undefined {
  const name = readdirSync(tmpdir()).find((each) => each.startsWith(`jamdev-ssh-${pid}-`));
  return name && join(tmpdir(), name);
}

/** The process of a dev server's SSH connection. */
async function sshProcess(folder: string): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,args=']);
  const line = stdout.split('\n').find((each) => each.includes(`-M -S ${folder}/c `));
  return Number(line?.trim().split(' ')[0]);
}

describeOwnEngine('an engine on another machine, through SSH alone', () => {
  const host = useRemoteHost();
  const names = async () => (await host.docker('ps', '--all', '--format', '{{.Names}}')).split('\n').filter(Boolean);

  test('uses one connection for builds, the engine and all backends, which others cannot reach', async () => {
    const dev = await startRemoteDev(makeRemoteProject(), host.sshEnv);
    expect(dev.stdout()).toContain(
      'Backends run on the Docker Engine at ssh://far. It publishes their ports on its own loopback only, and',
    );
    const all = await Promise.all(
      Array.from({ length: MANY }, async (_, index) => {
        const connected = await dev.connect({ key: `doc-${index}`, spawn: { executable: { mount: true } } });
        await send(`${connected.url}save`);
        return connected;
      }),
    );
    for (const [index, { url, backend_id }] of all.entries()) {
      expect((await send(url)).json()).toEqual({ kept: 'kept', port: '8080', key: `doc-${index}` });
      expect(await host.docker('port', `jamdev-${backend_id}`)).toMatch(/^8080\/tcp -> 127\.0\.0\.1:\d+$/);
    }
    expect(await waitFor(() => counted(dev, 'tick').length > 0, 'output')).toBe(true);
    expect((await host.inside('ss', '-Htn', 'state', 'established', 'sport = :2222')).split('\n')).toHaveLength(1);
    const folder = sshFolder(dev) ?? '';
    expect(await living([await sshProcess(folder)])).toHaveLength(1);

    const { hostname, port, pathname } = new URL(all[0]?.url ?? '');
    const client = new RawConnection(connect(Number(port), hostname));
    client.send(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`,
    );
    await client.until('101 Switching Protocols');
    client.send('across');
    await client.until(/\r\n\r\nacross/);
    client.socket.destroy();

    const ssh = await sshProcess(folder);
    dev.process.kill('SIGTERM');
    expect(await dev.exit).toBe(0);
    expect(await names()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    await waitFor(async () => (await living([ssh])).length === 0, 'the end of the SSH connection');
  });

  test.each<[string, (dev: RemoteDev) => Promise<unknown>, () => Promise<unknown>]>([
    ['ends', async (dev) => process.kill(await sshProcess(sshFolder(dev) ?? ''), 'SIGKILL'), async () => undefined],
    ['is cut off with the network', () => host.cut(), () => host.connect()],
  ])(
    'when the connection %s, it is opened again, and sessions and their output continue',
    async (_how, cut, restore) => {
      const dev = await startRemoteDev(makeRemoteProject(), host.sshEnv);
      const { url, backend_id } = await dev.connect({ key: 'doc' });
      expect((await send(url)).status).toBe(200);
      const ssh = await sshProcess(sshFolder(dev) ?? '');
      await cut(dev);
      await waitFor(async () => (await living([ssh])).length === 0, 'the end of the SSH connection');
      expect(await dev.connect({ key: 'doc' })).toMatchObject({ backend_id, spawned: false });
      const shown = counted(dev, 'tick').length;
      await restore();
      await waitFor(async () => (await send(url)).status === 200, 'the backend');
      await waitFor(() => counted(dev, 'tick').length > shown + 10, 'the output');
      for (const word of ['tick', 'tock'] as const) {
        const numbers = counted(dev, word);
        expect(numbers).toEqual(numbers.map((_, index) => index));
      }
      const next = await dev.connect({ key: 'next' });
      expect((await send(next.url)).status).toBe(200);
      expect((await names()).sort()).toEqual([backend_id, next.backend_id].map((id) => `jamdev-${id}`).sort());
    },
  );

  test('after kill -9, the connection ends on its own, and the next start removes the rest', async () => {
    const [folder, person] = [makeRemoteProject(), makeTempFolder()];
    // With a context of the docker client instead of DOCKER_HOST.
    const { PATH = '' } = host.sshEnv;
    const env = { PATH, DOCKER_HOST: '', DOCKER_CONTEXT: 'far', DOCKER_CONFIG: makeTempFolder() };
    const create = ['context', 'create', 'far', '--docker', 'host=ssh://far'];
    await promisify(execFile)('docker', create, {
      env: { ...process.env, DOCKER_CONFIG: env.DOCKER_CONFIG, DOCKER_HOST: '' },
    });
    const dead = await startRemoteDev(folder, env, person);
    const { url, backend_id } = await dead.connect({ key: 'doc' });
    expect((await send(url)).status).toBe(200);
    const left = sshFolder(dead) ?? '';
    const ssh = await sshProcess(left);
    dead.process.kill('SIGKILL');
    await dead.exit;
    await waitFor(async () => (await living([ssh])).length === 0, 'the end of the SSH connection');
    expect(await names()).toEqual([`jamdev-${backend_id}`]);
    await startRemoteDev(folder, env, person);
    expect(await names()).toEqual([]);
    expect(existsSync(left)).toBe(false);
  });

  test('doctor shows how it is reached, and explains the output of ssh', async () => {
    const cwd = makeRemoteProject();
    // The folder of its sockets, which is empty afterwards.
    const TMPDIR = makeTempFolder();
    const doctor = async (env: Record<string, string>) =>
      runCli(['doctor'], { cwd, env: { ...process.env, TMPDIR, ...env } });
    expect((await doctor(host.sshEnv)).stdout).toMatch(
      new RegExp(
        String.raw`remote engine +ssh://far \(SSH\), answers in ${DURATION}, ports of containers through the same connection`,
      ),
    );
    const config = join(host.folder, 'ssh', 'config');
    writeFileSync(
      config,
      `
Host stranger
  UserKnownHostsFile /dev/null
Host locked-out
  IdentityFile ${join(makeTempFolder(), 'no-key')}
Host stranger locked-out
  HostName ${host.address}
  Port 2222
  User root
  IdentitiesOnly yes
  GlobalKnownHostsFile /dev/null
  UserKnownHostsFile ${join(host.folder, 'ssh', 'known_hosts')}
`,
      { flag: 'a' },
    );
    const problems = [
      ['ssh://stranger', 'Host key verification failed', 'accept it once by hand: ssh stranger'],
      ['ssh://locked-out', 'Permission denied', 'ssh-add'],
      ['ssh://far:2299', 'Connection refused', 'ssh -p 2299 far'],
      ['ssh://far:2223', 'open failed', 'AllowStreamLocalForwarding yes'],
      ['ssh://far/no/such.sock', 'open failed', 'ssh far docker version'],
      ['ssh://no-such-host.invalid', 'no-such-host.invalid', 'ssh no-such-host.invalid'],
      ['ssh://me:secret@far', 'password', 'ssh://USER@HOST:PORT'],
    ] as const;
    vi.stubEnv('TMPDIR', TMPDIR);
    vi.stubEnv('PATH', host.sshEnv.PATH);
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const [url, detail, remedy] of problems) {
      vi.stubEnv('DOCKER_HOST', url);
      const error = await connectEngine().then(
        () => new Error('it connected'),
        (problem: JamdevError) => problem,
      );
      expect(error).toMatchObject({
        code: 'EngineUnreachable',
        message: expect.stringContaining(detail),
        remedy: expect.stringContaining(remedy),
      });
      expect(error.message).not.toContain('secret');
    }
    expect(readdirSync(TMPDIR).filter((name) => name.startsWith('jamdev-ssh-'))).toEqual([]);
  });

  test('with "remote.address", ports are published there and reached without SSH', async () => {
    const dev = await startRemoteDev(makeRemoteProject({ remote: { address: host.address } }), host.sshEnv);
    expect(dev.stdout()).toContain(`It publishes their ports at ${host.address}, where other machines`);
    expect(dev.stdout()).not.toContain('not encrypted');
    const { url, backend_id } = await dev.connect();
    expect((await send(url)).status).toBe(200);
    expect(await host.docker('port', `jamdev-${backend_id}`)).toContain(`${host.address}:`);
  });
});
