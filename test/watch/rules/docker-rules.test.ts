import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DockerBuilder } from '../../../src/docker-engine/docker-builder.js';
import { toBytePath } from '../../../src/watch/byte-path.js';
import { readDockerRules } from '../../../src/watch/rules/docker-rules.js';
import { makeProject } from '../../support/project.js';
import { filesLeftIn } from './walk.js';

/** Cases where the builders differ; common rules are compared with an engine in test/docker. */
const CASES: [what: string, files: Record<string, string>, left: Record<Exclude<DockerBuilder, 'podman'>, string[]>][] =
  [
    [
      'an exception with wildcards for files in an excluded folder: only BuildKit enters the folder',
      { '.dockerignore': '*\n!**/keep.js', 'src/keep.js': '', 'src/a.js': '' },
      { buildkit: ['src/keep.js'], classic: [] },
    ],
    [
      'an exception that names the folder: both enter it',
      { '.dockerignore': '*\n!src/keep.js', 'src/keep.js': '', 'src/a.js': '' },
      { buildkit: ['src/keep.js'], classic: ['src/keep.js'] },
    ],
    [
      'an ignore file named after the Dockerfile instead of the usual one: only BuildKit reads it',
      {
        '.dockerignore': 'a.js\n*ockerfile*\n.*',
        'Dockerfile.dockerignore': 'b.js\nDockerfile*\n.*',
        'a.js': '',
        'b.js': '',
      },
      { buildkit: ['a.js'], classic: ['b.js'] },
    ],
  ];

describe('a build context with', () => {
  test.each(CASES)('%s', async (_what, files, left) => {
    const root = makeProject({ Dockerfile: 'FROM scratch', ...files });
    const context = toBytePath(root);
    for (const builder of ['buildkit', 'classic'] as const) {
      const { rules } = await readDockerRules(
        { context, dockerfile: toBytePath(join(root, 'Dockerfile')), builder },
        context,
      );
      expect(await filesLeftIn(context, rules), builder).toEqual(left[builder]);
    }
  });
});

/** The builder refuses a file with such a line. Until it is corrected, the file and everything else must be watched. */
test.each([
  ...['[', 'a[', '[z-a]', '!['],
  ...['*(?', '*{2,1}', '?'.repeat(100_000), '**/'.repeat(20_000), 'x'.repeat(100_000), '\\'],
])('a line that is not a valid pattern leaves the others in effect: %j', async (line) => {
  const project = makeProject({
    '.dockerignore': `${line}\n*.log\nDockerfile\n`,
    Dockerfile: '',
    'a.log': '',
    'a.js': '',
  });
  const context = toBytePath(project);
  const { rules } = await readDockerRules(
    { context, dockerfile: toBytePath(join(project, 'Dockerfile')), builder: 'classic' },
    context,
  );
  expect(await filesLeftIn(context, rules)).toEqual(['.dockerignore', 'a.js']);
});
