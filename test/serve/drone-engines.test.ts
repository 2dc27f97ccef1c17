import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { backendInfoSchema } from '../../src/contract/responses.js';
import { useRemoteHost } from '../docker/remote/remote-host.js';
import { runCli } from '../support/cli.js';
import { ENGINE_SOCKET, startDrone } from '../support/drones.js';
import { startEngineProxy } from '../support/engine-proxy.js';
import { openStream, post, send } from '../support/http.js';
import { runSql } from '../support/postgres.js';
import { makeTempFolder } from '../support/project.js';
import {
  describeServe,
  isContainerRunning,
  type ServeRun,
  START_DEADLINE_MS,
  startServe,
  useCluster,
} from '../support/serve.js';
import { waitFor } from '../support/wait.js';

async function connect(serve: ServeRun, key: string): Promise<string> {
  const answer = await post(`${serve.url}/v2/service/acme/default/connect`, { key });
  expect(answer.status, answer.text).toBe(200);
  const { backend_id } = answer.json<{ backend_id: string }>();
  await untilStatus(serve, backend_id, 'ready');
  return backend_id;
}

function untilStatus(serve: ServeRun, id: string, status: string): Promise<unknown> {
  const ask = async () => (await send(`${serve.url}/v2/backend/${id}/status`)).json<{ status: string }>().status;
  return waitFor(async () => (await ask()) === status, `${id} to be ${status}`, START_DEADLINE_MS);
}

/** Waits for the first event of a backend's stream. */
async function firstEvent(serve: ServeRun, id: string, what: 'logs' | 'metrics'): Promise<string> {
  const stream = await openStream(`${serve.url}/v2/backend/${id}/${what}/stream`);
  const text = await waitFor(
    () => /^data: (.*)\n/.exec(stream.chunks.join(''))?.[1],
    `the ${what} of ${id}`,
    START_DEADLINE_MS,
  );
  stream.close();
  return text;
}

function exitCodeOf(serve: ServeRun, id: string): Promise<number> {
  return waitFor(
    async () => {
      const info = backendInfoSchema.parse((await send(`${serve.url}/v2/backend/${id}`)).json());
      return info.statuses.find((each) => 'exit_code' in each)?.exit_code;
    },
    `the exit code of ${id}`,
    START_DEADLINE_MS,
  );
}

describeServe("jamdev serve: drones' engines", () => {
  const cluster = useCluster();
  const host = useRemoteHost();

  /** Starts a drone on the engine of the remote host, with backends reachable at that host's address. */
  const startFarDrone = async () => {
    const engine = `unix://${host.folder}/docker.sock`;
    await promisify(execFile)('sh', ['-c', `docker save ${cluster.image} | docker -H ${engine} load`]);
    return startDrone(cluster, { engine, ip: host.address });
  };
  const certificate = (name: string) => join(host.folder, 'certs', 'client', `${name}.pem`);
  const tls = () => ({ ca: certificate('ca'), cert: certificate('cert'), key: certificate('key') });

  test('sends all requests to a drone’s engine through a proxy that allows nothing else', async () => {
    const proxy = await startEngineProxy();
    const serve = await startServe(cluster, { serve: { drones: { [cluster.drone]: proxy.url } } });
    const id = await connect(serve, 'proxied');
    expect(await firstEvent(serve, id, 'logs')).toBe('listening on 8080');
    expect(JSON.parse(await firstEvent(serve, id, 'metrics'))).toMatchObject({ backend_id: id });
    await post(`${serve.url}/v2/backend/${id}/terminate`, { hard: true });
    await untilStatus(serve, id, 'terminated');
    expect(await exitCodeOf(serve, id)).toBe(137);
    expect(await firstEvent(serve, id, 'logs')).toBe('listening on 8080');
    // A container that still runs although the backend has ended by serve's own records.
    const stale = await connect(serve, 'stale');
    await runSql(
      serve.database,
      `insert into jamdev.backend_statuses (backend_id, rank, status, time, reason)
       values ($1, 7, 'terminated', now(), 'lost')`,
      [stale],
    );
    await waitFor(
      async () => !(await isContainerRunning(stale)),
      'the stale container to be killed',
      START_DEADLINE_MS,
    );
    expect(proxy.refused).toEqual([]);
    expect([...proxy.passed].sort()).toEqual(['inspect', 'kill', 'list', 'logs', 'stats']);
  });

  test('reaches an engine on another machine by TCP with TLS and by SSH, and again after an outage', async () => {
    const { name, pool } = await startFarDrone();
    const database = await cluster.createDatabase();
    const url = host.tlsEnv.DOCKER_HOST;
    const byTls = await startServe(cluster, { database, serve: { pool, drones: { [name]: { url, tls: tls() } } } });
    const sshEnv = { PATH: host.sshEnv.PATH };
    const bySsh = await startServe(cluster, {
      database,
      env: sshEnv,
      serve: { pool, drones: { [name]: 'ssh://far' } },
    });
    const id = await connect(byTls, 'far');
    for (const serve of [byTls, bySsh]) {
      expect(await firstEvent(serve, id, 'logs')).toBe('listening on 8080');
      expect(JSON.parse(await firstEvent(serve, id, 'metrics'))).toMatchObject({ backend_id: id });
    }
    await host.cut();
    const refused = await waitFor(
      async () => {
        const answer = await send(`${byTls.url}/v2/backend/${id}/logs/stream`);
        return answer.status === 200 ? undefined : answer;
      },
      'the engine to count as unreachable',
      START_DEADLINE_MS,
    );
    expect(refused).toMatchObject({ status: 503 });
    expect(refused.json()).toMatchObject({ error: { code: 'EngineUnavailable' } });
    await host.connect();
    for (const serve of [byTls, bySsh]) {
      const isBack = async () => (await openStream(`${serve.url}/v2/backend/${id}/metrics/stream`)).status === 200;
      await waitFor(isBack, 'the engine to be reached again', START_DEADLINE_MS);
    }
    await post(`${bySsh.url}/v2/backend/${id}/terminate`, { hard: true });
    await untilStatus(bySsh, id, 'terminated');
    expect(await exitCodeOf(bySsh, id)).toBe(137);
    for (const serve of [byTls, bySsh]) {
      serve.process.kill('SIGTERM');
      expect(await serve.exit).toBe(0);
    }
  });

  test('--check reports what is wrong with each engine, independently of the others', async () => {
    const folder = makeTempFolder();
    const stranger = createServer((_, response) => void response.end('{"hello":"world"}'));
    await new Promise<void>((resolve) => stranger.listen(join(folder, 'stranger.sock'), resolve));
    onTestFinished(() => void stranger.close());
    const refusing = createServer((_, response) => void response.writeHead(403).end('{"message":"not allowed here"}'));
    await new Promise<void>((resolve) => refusing.listen(join(folder, 'refusing.sock'), resolve));
    onTestFinished(() => void refusing.close());
    const url = host.tlsEnv.DOCKER_HOST ?? '';
    const broken: Record<string, [endpoint: unknown, problem: string]> = {
      nothing: [`unix://${folder}/nothing.sock`, `The Docker Engine does not answer (unix://${folder}/nothing.sock).`],
      stranger: [`unix://${folder}/stranger.sock`, 'stranger.sock is not a Docker Engine.'],
      refusing: [`unix://${folder}/refusing.sock`, 'it refuses to list containers: not allowed here (status 403).'],
      closed: [{ url: url.replace('2376', '2399'), tls: tls() }, 'ECONNREFUSED'],
      plain: [{ url, tls: false }, 'Client sent an HTTP request to an HTTPS server'],
      nofile: [
        { url, tls: { ...tls(), cert: `${folder}/cert.pem` } },
        `the file ${folder}/cert.pem of "tls.cert" can't be read (ENOENT).`,
      ],
      mismatch: [
        { url, tls: { ...tls(), key: join(host.folder, 'certs', 'server-key.pem') } },
        'the files of "tls" can\'t be used',
      ],
      nocert: [{ url, tls: { ...tls(), cert: certificate('key') } }, 'the files of "tls" can\'t be used'],
      stranger2: [{ url, tls: { cert: certificate('cert'), key: certificate('key') } }, 'certificate'],
      noname: [{ url: 'tcp://no-such-host.invalid:2376', tls: false }, 'its name can not be resolved'],
      noforward: ['ssh://far:2223', 'AllowStreamLocalForwarding'],
      nossh: ['ssh://far:2299', 'Connection refused'],
    };
    const endpoints = Object.fromEntries(Object.entries(broken).map(([name, [endpoint]]) => [name, endpoint]));
    const drones = { ...endpoints, [cluster.drone]: ENGINE_SOCKET, byssh: 'ssh://far' };
    const env = { PATH: host.sshEnv.PATH };
    const serve = await startServe(cluster, { env, serve: { drones } });
    const checked = await runCli(['serve', '--check'], {
      cwd: serve.folder,
      env: { ...process.env, ...env, JAMDEV_SERVE_DATABASE: serve.database },
    });
    expect(checked.code).toBe(1);
    const lines = checked.stdout.split('\n');
    for (const [name, [, problem]] of Object.entries(broken)) {
      const line = lines.find((each) => each.startsWith(`fail  engine of drone ${name}: `));
      expect(line, checked.stdout).toContain(problem);
    }
    expect(lines).toEqual(
      expect.arrayContaining([`ok    engine of drone ${cluster.drone}`, 'ok    engine of drone byssh']),
    );
    const id = await connect(serve, 'beside');
    expect(await firstEvent(serve, id, 'logs')).toBe('listening on 8080');
  });
});
