import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 60_000;
const PAUSE_MS = 1;
/**
 * Between requests to running code. This rate loses nothing, because a request during the replacement is held until the
 * new code answers; polling without a pause made a build take 50% longer on two cores.
 */
const RUNNING_PAUSE_MS = 20;

/**
 * Saves a server that answers with its version, on PORT. Every saved file is different, because an engine would
 * take what it built before, even in an earlier run, from its cache.
 * @param {string} folder
 * @param {number} version
 */
export function saveVersion(folder, version) {
  const answer = `(request, response) => response.end('version ${version}.')`;
  writeFileSync(
    join(folder, 'server.cjs'),
    `// ${randomUUID()}
process.on('SIGTERM', () => process.exit(0));
require('node:http').createServer(${answer}).listen(process.env.PORT ?? 8080);
`,
  );
}

/**
 * Asks a connection URL until a version answers. A request that is held open waits; one that fails is sent again.
 * @param {string} url
 * @param {number} version
 */
export async function untilVersion(url, version) {
  await untilText(url, `version ${version}.`, RUNNING_PAUSE_MS);
}

/**
 * Asks a URL until any version answers.
 * @param {string} url
 */
export async function untilAnswered(url) {
  await untilText(url, 'version ', PAUSE_MS);
}

/**
 * @param {string} url
 * @param {string} text
 * @param {number} pauseMs
 */
async function untilText(url, text, pauseMs) {
  const startedAtMs = performance.now();
  while (!(await textOf(url)).includes(text)) {
    if (performance.now() - startedAtMs > DEADLINE_MS) throw new Error(`"${text}" never came`);
    await pause(pauseMs);
  }
}

/**
 * @param {string} url
 * @returns {Promise<string>} '' when it can't be reached
 */
function textOf(url) {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false }, async (response) => {
      resolve((await response.toArray().catch(() => [])).join(''));
    });
    asked.once('error', () => resolve(''));
    asked.end();
  });
}
