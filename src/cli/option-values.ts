import { type Command, Option } from 'commander';
import { parseDurationSeconds } from '../contract/duration.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { usageError } from '../contract/errors/usage-error.js';
import { noteHandled } from '../os/debug/debug-log.js';

/** Parses an option's value for commander. */
type Parser<T> = (text: string) => T;

/** Parses a port number; 0 means any free port. */
export function port(flag: string): Parser<number> {
  return (text) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
      throw usageError(`${flag} must be a port number from 0 to 65535, not "${text}".`, '0 means any free port.');
    }
    return Number(text);
  };
}

/** Parses a count. */
export function wholeNumber(flag: string): Parser<number> {
  return (text) => {
    if (!/^\d{1,9}$/.test(text)) throw usageError(`${flag} must be a whole number, not "${text}".`);
    return Number(text);
  };
}

/** Parses the id of a deployment. */
export function deploymentId(flag: string): Parser<number> {
  return (text) => {
    if (!/^[1-9]\d{0,14}$/.test(text)) {
      throw usageError(`${flag} must be the id of a deployment, not "${text}".`, 'List them: npx jamdev deployments');
    }
    return Number(text);
  };
}

/** Parses seconds, or a duration such as `5m`. @returns seconds */
export function duration(flag: string): Parser<number> {
  return (text) => parseDurationSeconds(text, flag);
}

/** Parses a JSON object. */
export function jsonObject(flag: string): Parser<Record<string, unknown>> {
  return (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      noteHandled('cli', 'reading an option as JSON', error);
      throw usageError(`${flag} must be JSON, not "${text}".`, `For example: ${flag} '{"role":"editor"}'`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw usageError(`${flag} must be a JSON object, not "${text}".`, `For example: ${flag} '{"role":"editor"}'`);
    }
    return value as Record<string, unknown>;
  };
}

/** Parses `NAME=value`, which may be given repeatedly. */
export function environment(text: string, before: Record<string, string> = {}): Record<string, string> {
  const match = /^([^=]+)=(.*)$/s.exec(text);
  if (match?.[1] === undefined) throw usageError(`-e/--env must be NAME=value, not "${text}".`);
  return { ...before, [match[1]]: match[2] ?? '' };
}

/**
 * Rejects `--json` for a command that can't print JSON. The help does not show the option.
 * @param error explains the reason, and what to do instead
 */
export function refuseJson(command: Command, error: JamdevError): void {
  command.addOption(new Option('--json').hideHelp()).on('option:json', () => {
    throw error;
  });
}

/** Adds the options of commands that send requests to a dev server or to `jamdev serve`. */
export function addClientOptions(command: Command): Command {
  return command
    .option(
      '--api <url>',
      'the URL of a dev server, or of jamdev serve with the token in JAMDEV_TOKEN (default: JAMDEV_API_URL, or the dev server of this folder)',
    )
    .option('--json', 'print JSON for programs');
}

/** Adds the options of commands that need a dev server. */
export function addDevServerOptions(command: Command): Command {
  return command
    .option('--api <url>', 'the URL of the dev server (default: JAMDEV_API_URL, or the dev server of this folder)')
    .option('--json', 'print JSON for programs');
}

/** Adds the option of commands that can work with all dev servers. */
export function addEverywhereOption(command: Command): Command {
  const option = new Option('--everywhere', 'for all dev servers of this user on this machine');
  return command.addOption(option.conflicts('api'));
}

/** Options of {@link addClientOptions}. */
export interface ClientOptions {
  api?: string;
  json?: boolean;
}

/** Adds examples to a command's help. */
export function addExamples(command: Command, examples: readonly [line: string, meaning: string][]): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}\n`);
}
