import { resolve } from 'node:path';
import type { Command } from 'commander';
import { findRunningServer } from '../../records/server-records.js';
import type { HintTarget } from './hints.js';
import type { Call } from './own-command.js';

/** The target in a command line. */
export interface NamedTarget {
  command: string;
  /** The value of the option `--api`. */
  api?: string | undefined;
  /** The project's folder, for a command that takes one. */
  folder?: string | undefined;
}

/** Reads the target from a command line. */
export function namedBy(command: Command): NamedTarget {
  const { api } = command.opts<{ api?: unknown }>();
  const [first] = command.processedArgs;
  const takesFolder = command.registeredArguments[0]?.name() === 'folder';
  return {
    command: command.name(),
    api: typeof api === 'string' ? api : undefined,
    folder: takesFolder && typeof first === 'string' ? first : undefined,
  };
}

/** Returns the target of a command's hints: the given folder, or the dev server. */
export async function targetOf(
  { api, folder: named }: NamedTarget,
  { shellFolder, folder }: Call,
): Promise<HintTarget> {
  if (api !== undefined) return { apiUrl: api, isApiGiven: true };
  const project = resolve(named ?? '.');
  // If a package runner has changed the folder, the shell's folder may have another dev server, or none.
  const server = shellFolder === folder ? undefined : await findRunningServer(project);
  return server === undefined ? { project } : { project: server.project, apiUrl: server.apiUrl };
}
