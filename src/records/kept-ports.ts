import { existsSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { readOwnFile, writeOwnFile } from './own-file.js';
import { stateErrors } from './state-errors.js';
import { listStateFolders, type StateFolder } from './state-folder.js';

const FILE = 'ports.json';

/** The ports of a dev server. */
export interface PortPair {
  port: number;
  proxyPort: number;
}

/**
 * Returns the ports that a project has kept since its first start that found the default ports taken; undefined if it uses
 * the default ports.
 * @param onUnusable called if the file with the ports can't be used; the default ports are then tried again
 */
export function readKeptPorts(
  { root }: Pick<StateFolder, 'root'>,
  onUnusable: (error: JamdevError) => void,
): PortPair | undefined {
  const path = join(root, FILE);
  let detail = 'it does not hold two ports';
  try {
    const text = readOwnFile(path);
    if (text === undefined && lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    const value: unknown = text === undefined ? undefined : parse(text);
    if (isPair(value)) return { port: value.port, proxyPort: value.proxyPort };
    if (text === undefined) detail = 'it is not a file of this user';
  } catch (error) {
    detail = errorCode(error);
  }
  onUnusable(stateErrors.keptPortsUnusable(path, detail));
  return undefined;
}

/**
 * Stores the ports of a project, or resets it to the default ports.
 * @param ports undefined: the default ports
 * @throws the system's error if the file can't be written
 */
export function keepPorts({ root }: Pick<StateFolder, 'root'>, ports: PortPair | undefined): void {
  if (ports === undefined) rmSync(join(root, FILE), { force: true, recursive: true });
  else writeOwnFile(join(root, FILE), `${JSON.stringify(ports)}\n`);
}

/** Returns the ports that this user's other projects keep. Deleted projects don't count. */
export function listPortsOfOthers(own: Pick<StateFolder, 'root'>): Set<number> {
  const pairs = listStateFolders().flatMap(({ folder, note }) =>
    folder.root === own.root || !existsSync(note.path)
      ? []
      : (readKeptPorts(folder, ignoreError('state', 'reading the ports that another project keeps')) ?? []),
  );
  return new Set(pairs.flatMap(({ port, proxyPort }) => [port, proxyPort]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return ignoreError('state', 'reading the kept ports', undefined)(error);
  }
}

function isPair(value: unknown): value is PortPair {
  if (typeof value !== 'object' || value === null) return false;
  const { port, proxyPort } = value as Partial<Record<keyof PortPair, unknown>>;
  return isPort(port) && isPort(proxyPort);
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535;
}
