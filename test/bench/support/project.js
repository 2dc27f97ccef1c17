import { copyFileSync, cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTempFolder } from './temp-folders.js';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The folder of programs that are measured. */
export const SERVERS = fileURLToPath(new URL('../servers', import.meta.url));

/**
 * Makes a project folder that holds one of the servers, and has this repository's packages.
 * @param {string} server a file of the folder `servers`
 */
export function makeProject(server) {
  const folder = makeTempFolder();
  copyFileSync(join(SERVERS, server), join(folder, server));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/**
 * Makes a project folder with a Dockerfile for one of the servers, whose image holds the package ws.
 * @param {string} server a file of the folder `servers`
 */
export function makeContainerProject(server) {
  const folder = makeTempFolder();
  copyFileSync(join(SERVERS, server), join(folder, server));
  cpSync(join(ROOT, 'node_modules/ws'), join(folder, 'node_modules/ws'), { recursive: true });
  writeFileSync(join(folder, 'Dockerfile'), `FROM node:22-slim\nCOPY . /app\nCMD ["node", "/app/${server}"]\n`);
  return folder;
}
