import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TemplateName } from '../../src/cli/commands/init/templates.js';
import { type DevRun, runCli, startDev } from '../support/cli.js';
import { makeTempFolder, ROOT } from '../support/project.js';

/** Runs `jamdev init` and `jamdev dev` in a new folder, with this repository's packages in place of `npm install`. */
export async function startTemplate(template: TemplateName, args: string[] = []): Promise<DevRun> {
  const folder = join(makeTempFolder(), 'app');
  expect((await runCli(['init', folder, '--template', template])).code).toBe(0);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return startDev(folder, args);
}
