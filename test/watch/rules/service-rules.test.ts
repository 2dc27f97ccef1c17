import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toBytePath } from '../../../src/watch/byte-path.js';
import { NO_RULES } from '../../../src/watch/rules/folder-rules.js';
import { ServiceRules } from '../../../src/watch/rules/service-rules.js';
import { makeTempFolder } from '../../support/project.js';
import { useStateHome } from '../../support/state-home.js';

const request = { kind: 'process', paths: [], files: [], poll: undefined } as const;

test('jamdev’s own state is never watched if the project is a home folder', () => {
  const home = makeTempFolder();
  useStateHome(join(home, '.local/state'));
  const rules = new ServiceRules({ ...request, root: home, ignore: [] });
  const folder = { path: toBytePath(join(home, '.local/state')), shown: toBytePath('.local/state'), rules: NO_RULES };
  expect(rules.ignores(folder, 'jamdev', true)).toBe(true);
  expect(rules.ignores(folder, 'jamdev-other', true)).toBe(false);
});
