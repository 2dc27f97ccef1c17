import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { firstAnswer } from './first-answer.js';
import { freePort } from './free-port.js';
import { Api } from './jamdev.js';
import { runToEnd, start } from './processes.js';
import { ROOT } from './project.js';
import { makeTempFolder } from './temp-folders.js';

const BIN = join(ROOT, 'bin/jamdev.js');
const ACCOUNT = 'bench';

/**
 * Creates a database for `jamdev serve` next to that of a Plane, and an API token.
 * @param {{ databaseUrl: string }} plane
 * @returns {Promise<{ url: string, token: string, account: string }>}
 */
export async function createDatabase({ databaseUrl }) {
  await query(databaseUrl, 'create database bench_serve');
  const url = new URL(databaseUrl);
  url.pathname = '/bench_serve';
  const { output } = await runToEnd('node', [BIN, 'token', 'create', ACCOUNT, '--json'], {
    env: { JAMDEV_SERVE_DATABASE: url.href },
  });
  return { url: url.href, token: JSON.parse(output).token, account: ACCOUNT };
}

/**
 * Starts a `jamdev serve`, as a process of its own.
 * @param {{ cluster: string, proxyPort: number }} plane
 * @param {string} controller the URL of its controller
 * @param {Awaited<ReturnType<typeof createDatabase>>} database
 * @param {string} image that its backends run
 */
export async function startServe({ cluster, proxyPort }, controller, { url, token }, image) {
  const apiPort = await freePort();
  const config = {
    services: { default: { image, pullPolicy: 'Never' } },
    serve: { controller, cluster, port: apiPort },
  };
  const folder = makeTempFolder();
  writeFileSync(join(folder, 'jamsocket.config.json'), JSON.stringify(config));
  const started = await start('node', [BIN, 'serve'], { cwd: folder, env: { JAMDEV_SERVE_DATABASE: url } });
  await firstAnswer(apiPort, '/healthz', started);
  return { ...started, apiPort, proxyPort, api: new Api(apiPort, { authorization: `Bearer ${token}` }) };
}

/**
 * Adds rows of ready backends that no one follows: containers of that number would be the load that is measured.
 * @param {Awaited<ReturnType<typeof createDatabase>>} database
 * @param {string} account
 * @param {number} count
 * @returns {Promise<string>} an API token of that account
 */
export async function addBackends({ url }, account, count) {
  const { output } = await runToEnd('node', [BIN, 'token', 'create', account, '--json'], {
    env: { JAMDEV_SERVE_DATABASE: url },
  });
  await query(
    url,
    `with added as (
      insert into jamdev.backends (id, account, service, environment, key, key_given, cluster, image, follower, followed_until)
      select 'bench' || n, '${account}', 'default', 'default', 'key-' || n, true, 'bench', 'bench', 'bench', 'infinity'
      from generate_series(1, ${count}) n returning id
    ) select count(*) from added`,
  );
  await query(
    url,
    `insert into jamdev.backend_statuses (backend_id, rank, status, time)
      select 'bench' || n, rank - 1, (array['scheduled', 'loading', 'starting', 'waiting', 'ready'])[rank], now()
      from generate_series(1, ${count}) n, generate_series(1, 5) rank order by n, rank`,
  );
  return JSON.parse(output).token;
}

/**
 * @param {string} url
 * @param {string} text
 */
async function query(url, text) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
