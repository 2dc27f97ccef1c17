import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { JAMDEV_BY } from '../../hints/jamdev-by.js';

/** The commands of a package manager that a person types in a project. */
export interface PackageManager {
  install: string;
  /** Runs the jamdev that is installed in the project. */
  jamdev: string;
  /** Files that prevent the package manager from treating the folder as a part of a parent project. */
  files: readonly string[];
}

/**
 * Chooses the package manager that started jamdev; npm if none did.
 * @param userAgent the variable `npm_config_user_agent`, which all package managers set for their child processes
 * @param folder absolute path of the new project
 */
export function choosePackageManager(userAgent: string | undefined, folder: string): PackageManager {
  switch (userAgent?.split('/')[0]) {
    case 'pnpm': {
      const alone = isBelow(folder, 'pnpm-workspace.yaml') ? ' --ignore-workspace' : '';
      return { install: `pnpm install${alone}`, jamdev: JAMDEV_BY.pnpm, files: [] };
    }
    case 'yarn':
      return {
        install: 'yarn install',
        jamdev: JAMDEV_BY.yarn,
        files: isBelow(folder, 'package.json') ? ['yarn.lock'] : [],
      };
    case 'bun':
      return { install: 'bun install', jamdev: JAMDEV_BY.bun, files: [] };
    default:
      return { install: 'npm install', jamdev: JAMDEV_BY.npm, files: [] };
  }
}

/** Whether a parent folder has a file with this name. */
function isBelow(folder: string, name: string): boolean {
  const above = dirname(folder);
  return above !== folder && (existsSync(join(above, name)) || isBelow(above, name));
}
