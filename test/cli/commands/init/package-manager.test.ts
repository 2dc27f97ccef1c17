import { join } from 'node:path';
import { expect, test } from 'vitest';
import { choosePackageManager } from '../../../../src/cli/commands/init/package-manager.js';
import { makeProject, makeTempFolder } from '../../../support/project.js';

test.each([
  [undefined, 'npm install', 'npx jamdev'],
  ['', 'npm install', 'npx jamdev'],
  ['npm/10.8.2 node/v20.20.2 linux x64 workspaces/false', 'npm install', 'npx jamdev'],
  ['pnpm/10.18.0 npm/? node/v22.0.0 linux x64', 'pnpm install', 'pnpm exec jamdev'],
  ['yarn/1.22.22 npm/? node/v20.20.2 linux x64', 'yarn install', 'yarn jamdev'],
  ['yarn/4.9.1 npm/? node/v20.20.2 linux x64', 'yarn install', 'yarn jamdev'],
  ['bun/1.3.1 npm/? node/v24.3.0 linux x64', 'bun install', 'bunx jamdev'],
])('for the user agent %j, packages are installed by %j, and jamdev is called as %j', (agent, install, jamdev) => {
  expect(choosePackageManager(agent, join(makeTempFolder(), 'new'))).toEqual({ install, jamdev, files: [] });
});

test('inside another project, the new one stays separate', () => {
  const inside = join(makeProject({ 'package.json': {}, 'pnpm-workspace.yaml': '' }), 'packages', 'new');
  expect(choosePackageManager('yarn/4.9.1', inside).files).toEqual(['yarn.lock']);
  expect(choosePackageManager('pnpm/10.18.0', inside).install).toBe('pnpm install --ignore-workspace');
});
