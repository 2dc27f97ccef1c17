import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectEngine } from '../../../src/docker-engine/engine.js';
import { runCli } from '../../support/cli.js';
import { DURATION } from '../../support/durations.js';
import { post, send } from '../../support/http.js';
import { makeTempFolder } from '../../support/project.js';
import { waitFor } from '../../support/wait.js';
import { describeOwnEngine } from '../support.js';
import { useRemoteHost } from './remote-host.js';
import { counted, makeRemoteProject, startRemoteDev } from './remote-project.js';

const MOUNT = { spawn: { executable: { mount: true } } };

describeOwnEngine('an engine on another machine, over TCP with TLS', () => {
  const host = useRemoteHost();
  const names = async () => (await host.docker('ps', '--all', '--format', '{{.Names}}')).split('\n').filter(Boolean);

  test('builds, runs and is reached there, with mounts as volumes, and leaves nothing else', async () => {
    const folder = makeRemoteProject();
    const dev = await startRemoteDev(folder, host.tlsEnv);
    expect(dev.stdout()).toContain(
      `Backends run on the Docker Engine at ${host.tlsEnv.DOCKER_HOST}. It publishes their ports at ${host.address}, where`,
    );
    const { url, backend_id } = await dev.connect({ key: 'doc', ...MOUNT });
    expect((await send(url)).json()).toEqual({ kept: 'nothing', port: '8080', key: 'doc' });
    expect((await send(`${url}save`)).status).toBe(200);
    const ports = await host.docker('port', `jamdev-${backend_id}`);
    expect(ports).toMatch(new RegExp(`^8080/tcp -> ${host.address}:\\d+$`));
    expect(
      await host.docker('inspect', '--format', '{{index .Config.Labels "dev.jamdev.owner"}}', `jamdev-${backend_id}`),
    ).toMatch(/^.+@.+$/);

    await post(`${dev.apiUrl}/v2/backend/${backend_id}/terminate`, { hard: true });
    const again = await dev.connect({ key: 'doc', ...MOUNT });
    expect(again.spawned).toBe(true);
    const other = await dev.connect({ key: 'other', ...MOUNT });
    expect((await send(again.url)).json()).toMatchObject({ kept: 'kept' });
    expect((await send(other.url)).json()).toMatchObject({ kept: 'nothing' });

    dev.process.kill('SIGTERM');
    expect(await dev.exit).toBe(0);
    expect(await names()).toEqual([]);
    expect(await host.docker('images', '--quiet', '--filter', 'reference=jamdev/*')).toBe('');
    // Volumes outlive the dev server and are found by their project.
    const filter = `label=dev.jamdev.project=${folder}`;
    const volumes = (await host.docker('volume', 'ls', '--quiet', '--filter', filter)).split('\n');
    expect(volumes).toHaveLength(2);
    await host.docker('volume', 'rm', ...volumes);
  });

  test('a network outage ends no session, loses no output, and gives no key twice', async () => {
    const dev = await startRemoteDev(makeRemoteProject(), host.tlsEnv);
    const { url, backend_id } = await dev.connect({ key: 'doc' });
    expect((await send(url)).status).toBe(200);
    await waitFor(() => counted(dev, 'tick').length > 3, 'output');
    await host.cut();
    await waitFor(() => dev.stdout().includes("can't be reached"), 'the remark');
    const shownBefore = counted(dev, 'tick').length;
    expect(await dev.connect({ key: 'doc' })).toMatchObject({ backend_id, spawned: false });
    await host.connect();
    await waitFor(() => /answers again, after \d+ s/.test(dev.stdout()), 'the connection');
    expect((await send(url)).status).toBe(200);
    expect(await names()).toEqual([`jamdev-${backend_id}`]);
    // The engine keeps output of both streams in the meantime.
    await waitFor(() => counted(dev, 'tick').length > shownBefore + 20, 'the output');
    for (const word of ['tick', 'tock'] as const) {
      const numbers = counted(dev, word);
      expect(numbers).toEqual(numbers.map((_, index) => index));
    }
    // The end of the backend is noticed again.
    await host.docker('kill', `jamdev-${backend_id}`);
    await waitFor(() => dev.stdout().includes('exit code 137'), 'the end');
  });

  test('the end of a backend during a network outage is noticed afterwards', async () => {
    const dev = await startRemoteDev(makeRemoteProject(), host.tlsEnv);
    const { url, backend_id } = await dev.connect({ key: 'doc' });
    await send(url);
    await host.cut();
    await host.docker('kill', `jamdev-${backend_id}`);
    await waitFor(() => dev.stdout().includes("can't be reached"), 'the remark');
    await host.connect();
    await waitFor(() => dev.stdout().includes('exit code 137'), 'the end');
    const next = await dev.connect({ key: 'doc' });
    expect(next).toMatchObject({ spawned: true });
    expect((await send(next.url)).status).toBe(200);
    expect(await names()).toEqual([`jamdev-${next.backend_id}`]);
  });

  test('after kill -9, the next start ends its own containers there, and no others', async () => {
    // The same path for both, as in two development containers.
    const folder = makeRemoteProject();
    const [first, second] = [makeTempFolder(), makeTempFolder()];
    const dead = await startRemoteDev(folder, host.tlsEnv, first);
    const other = await startRemoteDev(folder, host.tlsEnv, second);
    const killed = await dead.connect({ key: 'doc' });
    const stays = await other.connect({ key: 'doc' });
    for (const { url } of [killed, stays]) expect((await send(url)).status).toBe(200);
    dead.process.kill('SIGKILL');
    await dead.exit;
    const next = await startRemoteDev(folder, host.tlsEnv, first);
    expect(await names()).toEqual([`jamdev-${stays.backend_id}`]);
    expect((await send(stays.url)).status).toBe(200);
    // Its images are kept as well.
    const again = await other.connect({ key: 'another' });
    expect((await send(again.url)).status).toBe(200);
    for (const dev of [next, other]) {
      dev.process.kill('SIGTERM');
      expect(await dev.exit).toBe(0);
    }
    expect(await names()).toEqual([]);
    expect(await host.docker('images', '--quiet', '--filter', 'reference=jamdev/*')).toBe('');
  });

  test('doctor shows how it is reached, and explains failures with a remedy', async () => {
    const cwd = makeRemoteProject();
    const doctor = async (env: Record<string, string>) => runCli(['doctor'], { cwd, env: { ...process.env, ...env } });
    const address = host.tlsEnv.DOCKER_HOST ?? '';
    expect((await doctor(host.tlsEnv)).stdout).toMatch(
      new RegExp(`remote engine +${address} \\(TLS\\), answers in ${DURATION}, ports of containers at ${host.address}`),
    );
    const strange = mkdtempSync(join(tmpdir(), 'jamdev-test-'));
    const problems = [
      [{ ...host.tlsEnv, DOCKER_HOST: address.replace('2376', '2399') }, 'ECONNREFUSED', 'Check the port'],
      [{ ...host.tlsEnv, DOCKER_TLS_VERIFY: '', DOCKER_CERT_PATH: '' }, 'HTTPS', 'Check DOCKER_TLS_VERIFY'],
      [{ ...host.tlsEnv, DOCKER_CERT_PATH: strange }, 'ca.pem', ''],
      [{ ...host.tlsEnv, DOCKER_HOST: 'tcp://no-such-host.invalid:2376' }, 'no-such-host.invalid', 'Check the name'],
    ] as const;
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const [env, detail, remedy] of problems) {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      await expect(connectEngine()).rejects.toMatchObject({
        message: expect.stringContaining(detail),
        remedy: expect.stringContaining(remedy),
      });
    }
    rmSync(strange, { recursive: true });
  });

  test('ports are published on "remote.address", and an address that the machine lacks is reported', async () => {
    const dev = await startRemoteDev(makeRemoteProject({ remote: { address: '0.0.0.0' } }), host.tlsEnv);
    expect(dev.stdout()).toContain('at all addresses of its machine (0.0.0.0)');
    const { url, backend_id } = await dev.connect();
    expect((await send(url)).status).toBe(200);
    expect(await host.docker('port', `jamdev-${backend_id}`)).toContain('0.0.0.0:');
    const wrong = await startRemoteDev(makeRemoteProject({ remote: { address: '192.0.2.7' } }), host.tlsEnv);
    await wrong.connect();
    await waitFor(() => wrong.stdout().includes('has no address 192.0.2.7'), 'the reason');
  });
});
