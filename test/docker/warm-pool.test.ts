import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type DevRun, runCli, startDev } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { cleanUp, containersOf, describeDocker, docker } from './support.js';

/** The image's user is not root, for whom socket permissions would not matter. */
const DOCKERFILE = `FROM node:22-slim
COPY pooled-server.mjs /
USER 1234:1234
CMD ["node", "/pooled-server.mjs"]
`;

interface Inspected {
  Config: { Labels: Record<string, string>; Env: string[] };
  Mounts: { Destination: string; RW: boolean }[];
}

interface Answer {
  assignment?: { key: string; env: Record<string, string> };
  environment: Record<string, string>;
  hasSocket: boolean;
}

async function startPool(config: object): Promise<DevRun> {
  const files = { Dockerfile: DOCKERFILE, 'jamsocket.config.json': { platform: 'native', warm: 0, ...config } };
  const folder = makeProject(files);
  cpSync(fixture('pooled-server.mjs'), join(folder, 'pooled-server.mjs'));
  const dev = await startDev(folder);
  onTestFinished(() => cleanUp(dev));
  return dev;
}

async function connect(dev: DevRun, request: object): Promise<Answer> {
  const answer = await post(`${dev.apiUrl}/v2/service/-/-/connect`, request);
  return (await send(answer.json<{ url: string }>().url)).json() as unknown as Answer;
}

describeDocker('a warm pool of containers', () => {
  test('is used for sessions through its control socket, and nothing of it is left after a kill -9 or a stop', async () => {
    const dev = await startPool({ warm: 0, warmPool: 1, env: { HOST: '0.0.0.0' } });
    const pools = async () => (await runCli(['list', '--pool'], { cwd: dev.folder })).stdout;
    await waitFor(async () => (await pools()).includes('1 of 1 warm'), 'a warm container');
    const [id = ''] = await containersOf(dev.folder);
    const [{ Config, Mounts }] = JSON.parse(await docker('inspect', id)) as [Inspected];
    expect(Object.keys(Config.Labels).map((name) => name.replace('dev.jamdev.', ''))).toEqual(
      expect.arrayContaining(['run', 'service', 'slot']),
    );
    expect(Config.Labels).not.toHaveProperty(['dev.jamdev.key']);
    expect(Config.Env.filter((variable) => variable.startsWith('SESSION_BACKEND_'))).toEqual([]);
    expect(Mounts).toEqual([expect.objectContaining({ Destination: '/jamsocket-control', RW: false })]);

    const pooled = await connect(dev, { key: 'doc-1', spawn: { executable: { env: { GREETING: 'hü' } } } });
    expect(pooled.assignment).toMatchObject({ key: 'doc-1', env: { GREETING: 'hü' } });
    expect(pooled.environment).toMatchObject({ PORT: '8080', JAMSOCKET_SERVICE: 'default' });
    const limits = { memory_limit_bytes: 2 ** 28 };
    const cold = await connect(dev, { key: 'doc-2', spawn: { executable: { resource_limits: limits } } });
    expect([cold.assignment, cold.hasSocket]).toEqual([undefined, false]);

    const before = await containersOf(dev.folder);
    dev.process.kill('SIGKILL');
    await dev.exit;
    const next = await startDev(dev.folder);
    const now = await containersOf(dev.folder);
    expect(now.filter((container) => before.includes(container))).toEqual([]);
    next.process.kill('SIGTERM');
    await next.exit;
    expect(await containersOf(dev.folder)).toEqual([]);
  });
});
