import { basename, join, relative } from 'node:path';
import { describeJson } from '../contract/key.js';
import { noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { isThere } from '../os/is-there.js';
import { FileTooLarge, NotRegularFile, readRegularFile } from '../os/regular-file.js';
import { NotUtf8 } from '../os/text-encoding.js';
import { configErrors } from './config-errors.js';
import type { ConfigFile } from './schema.js';

/** The names that a config file may have. The first is the platform's own. */
export const CONFIG_FILE_NAMES = ['jamsocket.config.json', 'jamdev.config.json'];

/** A config file that was found. */
export interface FoundConfig {
  /** Absolute, or as passed by the caller. */
  path: string;
  config: ConfigFile;
}

/**
 * Reads the config file of a project folder.
 * @param named the path given with `--config`; without it, the folder is searched
 * @returns undefined if there is none
 * @throws JamdevError `ConfigInvalid`, `ConfigUnreadable`
 */
export async function readConfigFile(project: string, named?: string): Promise<FoundConfig | undefined> {
  const path = named ?? findConfigFile(project);
  if (path === undefined) return undefined;
  if (!isThere(path)) throw configErrors.configMissing(path);
  return { path, config: await parseConfig(await readText(path), nameInMessages(path)) };
}

/**
 * Returns the name of a config file for messages, or its path if it is in a parent folder, where the user may not expect it.
 */
function nameInMessages(path: string): string {
  const fromHere = relative('', path);
  return /^(\.\.[/\\])+[^/\\]+$/.test(fromHere) ? fromHere : basename(path);
}

/**
 * Parses the text of a config file.
 * @param file the file's name in messages
 * @throws JamdevError `ConfigInvalid`, with line and column if it is not JSON, or with the nearest known key
 */
export async function parseConfig(text: string, file: string): Promise<ConfigFile> {
  const value = await parseJson(text, file);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw configErrors.configNotObject(file, describeJson(value));
  }
  // Loaded only for projects with a config file.
  const { checkConfig } = await import('./check-config.js');
  return checkConfig(value, file);
}

function findConfigFile(project: string): string | undefined {
  const found = CONFIG_FILE_NAMES.filter((name) => isThere(join(project, name)));
  if (found.length > 1) throw configErrors.configTwice(found);
  return found[0] === undefined ? undefined : join(project, found[0]);
}

/** Reads a text file. @throws JamdevError `ConfigUnreadable` */
async function readText(path: string): Promise<string> {
  try {
    return await readRegularFile(path);
  } catch (error) {
    if (error instanceof NotRegularFile) throw configErrors.notAFile(path, error.kind);
    if (error instanceof NotUtf8) throw configErrors.notUtf8(path, error.encoding);
    if (error instanceof FileTooLarge) throw configErrors.fileTooLarge(path, error.maxBytes);
    throw configErrors.configUnreadable(path, errorCode(error));
  }
}

async function parseJson(text: string, file: string): Promise<unknown> {
  const json = text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(json);
  } catch (error) {
    noteHandled('config', 'reading the config as JSON', error);
    // The parser that reports positions is loaded only to make the message.
    const { findJsonError } = await import('./json-position.js');
    const { line, column, detail } = findJsonError(json);
    throw configErrors.configNotJson(file, line, column, detail);
  }
}

/** Reads a project's package.json; an empty object if there is none. @throws JamdevError `ConfigInvalid` */
export async function readManifest(project: string): Promise<Record<string, unknown>> {
  const path = join(project, 'package.json');
  if (!isThere(path)) return {};
  const content = await parseJson(await readText(path), 'package.json');
  return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : {};
}

/** Returns the scripts of a package.json. */
export function scriptsOf({ scripts }: Record<string, unknown>): Record<string, unknown> {
  return typeof scripts === 'object' && scripts !== null ? (scripts as Record<string, unknown>) : {};
}
