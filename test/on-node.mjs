// Runs tests under another version of Node.js than this one, which it fetches from the npm registry once:
//
//   npm run test:node -- 26                       what depends on Node.js' own behavior (see NATIVE and BETWEEN)
//   npm run test:node -- 26 test/e2e/dev.test.ts  these tests
//
// vitest, and everything that the tests start, run under that version. The build has to be there.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideNode } from './support/node-versions.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/**
 * What depends on the version of Node.js itself: child processes and signals, HTTP and sockets, streams, files and
 * their watching, the preload.
 */
const NATIVE = [
  ...['builds', 'dev-server', 'logs', 'os', 'processes', 'proxy', 'public', 'records', 'runtime', 'watch'],
  ...['bad-bodies', 'bad-requests', 'event-stream', 'methods', 'unread-bodies', 'unreadable-requests'].map(inApi),
  ...['dev', 'exec', 'hot-rebuild', 'unfinished-lines', 'warnings'].map(inE2e),
];
/** Exceptions among those: what git decides, and jamdev's own tables and timers. */
const NOT_NATIVE = ['watch/rules/**', 'proxy/waiting.test.ts', 'proxy/connection-path.test.ts'];
/**
 * For the versions between the oldest, on which all tests run, and the newest, which runs all of NATIVE: what changed
 * from one version of Node.js to the next so far, which is the parsing and ends of HTTP messages, child processes, the
 * loading of modules, and deprecations.
 */
const BETWEEN = [
  ...['logs', 'processes', 'public', 'runtime'],
  ...['backend-connections', 'odd-answers', 'odd-requests', 'trailers', 'upgrades', 'uploads'].map(inProxy),
  ...['exec', 'warnings'].map(inE2e),
];
const VERSIONS_BETWEEN = ['22', '24'];

function inApi(name) {
  return `api/${name}.test.ts`;
}

function inE2e(name) {
  return `e2e/${name}.test.ts`;
}

function inProxy(name) {
  return `proxy/${name}.test.ts`;
}

const [major = '', ...given] = process.argv.slice(2);
if (!/^\d+$/.test(major)) {
  console.error('Give a major version of Node.js, as in: npm run test:node -- 26');
  process.exit(2);
}

const node = provideNode(major);
console.log(`tests on Node.js ${execFileSync(node, ['-p', 'process.version'], { encoding: 'utf8' }).trim()}`);
const tests = given.length > 0 ? given : chooseTests(major);
const { status, signal } = spawnSync(node, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...tests], {
  cwd: ROOT,
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  stdio: 'inherit',
});
if (signal !== null) process.kill(process.pid, signal);
process.exit(status ?? 1);

/** The arguments of vitest for a version. @throws when a test was renamed */
function chooseTests(version) {
  const paths = (VERSIONS_BETWEEN.includes(version) ? BETWEEN : NATIVE).map((path) => join('test', path));
  const missing = paths.filter((path) => !existsSync(join(ROOT, path)));
  if (missing.length > 0) throw new Error(`There is no ${missing.join(', ')}: correct the lists in test/on-node.mjs.`);
  return [...paths, ...NOT_NATIVE.map((path) => `--exclude=test/${path}`)];
}
