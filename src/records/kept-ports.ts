import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { readOwnFile, writeOwnFile } from './own-file.js';
import { listStateFolders, type StateFolder } from './state-folder.js';

const FILE = 'ports.json';

/** A pair of ports. */
export interface PortPair {
  port: number;
  proxyPort: number;
}

/**
 * Returns the ports that a project keeps in place of the default ones, which were taken when it first needed others.
 * Undefined: it uses the default ones.
 */
export function readKeptPorts({ root }: Pick<StateFolder, 'root'>): PortPair | undefined {
  try {
    const value: unknown = JSON.parse(readOwnFile(join(root, FILE)) ?? 'null');
    return isPair(value) ? { port: value.port, proxyPort: value.proxyPort } : undefined;
  } catch (error) {
    noteHandled('state', 'reading the kept ports', error);
    // Incomplete or unreadable: the default ports are tried again.
    return undefined;
  }
}

/**
 * Keeps ports for a project, or the default ones again.
 * @param ports undefined: the default ones
 * @throws the system's error when the file can't be written
 */
export function keepPorts({ root }: Pick<StateFolder, 'root'>, ports: PortPair | undefined): void {
  if (ports === undefined) rmSync(join(root, FILE), { force: true });
  else writeOwnFile(join(root, FILE), `${JSON.stringify(ports)}\n`);
}

/** Returns the ports that other projects of this user keep; projects that were deleted keep none. */
export function listPortsOfOthers(own: Pick<StateFolder, 'root'>): Set<number> {
  const pairs = listStateFolders().flatMap(({ folder, note }) =>
    folder.root === own.root || !existsSync(note.path) ? [] : (readKeptPorts(folder) ?? []),
  );
  return new Set(pairs.flatMap(({ port, proxyPort }) => [port, proxyPort]));
}

function isPair(value: unknown): value is PortPair {
  if (typeof value !== 'object' || value === null) return false;
  const { port, proxyPort } = value as Partial<Record<keyof PortPair, unknown>>;
  return isPort(port) && isPort(proxyPort);
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535;
}
