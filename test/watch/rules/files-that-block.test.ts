import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { toBytePath } from '../../../src/watch/byte-path.js';
import { readTrackedFiles } from '../../../src/watch/rules/git-index.js';
import { readGitRules } from '../../../src/watch/rules/git-rules.js';
import { makeTempFolder } from '../../support/project.js';
import { filesLeftIn } from './walk.js';

beforeEach(() => {
  vi.stubEnv('HOME', makeTempFolder());
  vi.stubEnv('XDG_CONFIG_HOME', undefined);
  vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1');
  for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE']) vi.stubEnv(name, undefined);
  return () => vi.unstubAllEnvs();
});

const KINDS: [string, (path: string) => void][] = [
  ['a named pipe', (path) => execFileSync('mkfifo', [path])],
  [
    'a link to a named pipe',
    (path) => {
      execFileSync('mkfifo', [`${path}.pipe`]);
      symlinkSync(`${path}.pipe`, path);
    },
  ],
  ['a device without an end', (path) => symlinkSync('/dev/zero', path)],
  [
    'a file of 10 GB',
    (path) => {
      writeFileSync(path, '');
      truncateSync(path, 10 * 1024 ** 3);
    },
  ],
];
const PLACES = ['.gitignore', 'deep/.gitignore', '.git/info/exclude', '.git/index'];
const TABLE = PLACES.flatMap((place) => KINDS.map(([kind, make]) => ({ place, kind, make })));

describe('rules are read without blocking', () => {
  test.each(TABLE)('for $kind as $place', async ({ place, make }) => {
    const folder = makeTempFolder();
    execFileSync('git', ['init', '--quiet', folder]);
    writeFileSync(join(folder, 'a.txt'), '');
    const path = join(folder, place);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    make(path);
    const { rules } = await readGitRules(toBytePath(folder));
    expect(await filesLeftIn(toBytePath(folder), rules)).toContain('a.txt');
  });
});

test('a truncated or corrupt index of git is not an error', async () => {
  const folder = makeTempFolder();
  execFileSync('git', ['init', '--quiet', folder]);
  for (const name of ['one', 'two', 'three']) writeFileSync(join(folder, name), name);
  execFileSync('git', ['add', '.'], { cwd: folder });
  const index = join(folder, '.git', 'index');
  for (const version of ['2', '4']) {
    execFileSync('git', ['update-index', `--index-version=${version}`], { cwd: folder });
    const whole = readFileSync(index);
    expect((await readTrackedFiles(toBytePath(join(folder, '.git')), 20)).paths).toEqual(['one', 'three', 'two']);
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(edits, fc.nat(whole.length), async (bytes, length) => {
        const torn = Buffer.from(whole.subarray(0, length));
        for (const [at, byte] of bytes) if (at < length) torn[at] = byte;
        writeFileSync(index, torn);
        const { paths } = await readTrackedFiles(toBytePath(join(folder, '.git')), 20);
        expect(paths.length).toBeLessThan(whole.length);
      }),
      { numRuns: 500 },
    );
    writeFileSync(index, whole);
  }
});
