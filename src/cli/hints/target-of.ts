import { resolve } from 'node:path';
import type { Command } from 'commander';
import { findRunningServer } from '../../records/server-records.js';
import type { HintTarget } from './hints.js';
import type { Call } from './own-command.js';

/** Tells what the hints of a command are about, by its arguments: the folder it was given, or the dev server. */
export async function targetOf(command: Command, { shellFolder, folder }: Call): Promise<HintTarget> {
  const { api } = command.opts<{ api?: unknown }>();
  if (typeof api === 'string') return { apiUrl: api, isApiGiven: true };
  const [named] = command.processedArgs;
  const takesFolder = command.registeredArguments[0]?.name() === 'folder';
  const project = resolve(takesFolder && typeof named === 'string' ? named : '.');
  // Where a package runner changed the folder, the shell's own may have another dev server, or none.
  const server = shellFolder === folder ? undefined : await findRunningServer(project);
  return server === undefined ? { project } : { project: server.project, apiUrl: server.apiUrl };
}
