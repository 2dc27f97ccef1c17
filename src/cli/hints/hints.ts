import { relative, resolve, sep } from 'node:path';
import { quoteForShell } from '../../contract/errors/quote-for-shell.js';
import { type Call, ownCommand } from './own-command.js';

/** Commands that talk to a server, and therefore take `--api`. */
const CLIENT_COMMANDS = ['spawn', 'connect', 'logs', 'list', 'status', 'terminate', 'build'];
/** Commands that take the project folder as an argument. */
const FOLDER_COMMANDS = ['dev', 'doctor'];
const HINT = /\bnpx jamdev\b(?: ([a-z]+)\b(?!-))?( --api \S+)?/g;

/** The project or server that commands in hints refer to. */
export interface HintTarget {
  /** The project folder of the dev server or of the command; an absolute path. */
  project?: string | undefined;
  /** The URL of the dev server; undefined if it is found by the project folder. */
  apiUrl?: string | undefined;
  /** Whether the user passed the URL, which then takes precedence over the folder. */
  isApiGiven?: boolean;
}

/**
 * Adapts hints to where they are printed. Messages contain commands in their plain form, `npx jamdev logs ID`, but the
 * user may be outside the project folder, or use another package runner.
 */
export class Hints {
  readonly #command: string;
  readonly #shellFolder: string;
  readonly #target: HintTarget;

  constructor(call: Call, target: HintTarget = {}) {
    this.#command = ownCommand(call);
    this.#shellFolder = call.shellFolder;
    this.#target = target;
  }

  /** Replaces every command in a text by the form that the user can type. */
  adapt(text: string): string {
    // Fast path: most texts contain no command, including the prefix of each log line.
    if (!text.includes('npx jamdev')) return text;
    return text.replace(HINT, (_, command: string | undefined, api = '') => {
      if (command === undefined) return `${this.#command}${api}`;
      if (CLIENT_COMMANDS.includes(command)) return `${this.#command} ${command}${api || this.#api()}`;
      if (FOLDER_COMMANDS.includes(command)) return `${this.#command} ${command}${this.#folder()}${api}`;
      return `${this.#command} ${command}${api}`;
    });
  }

  /** Returns `--api` with the URL if the shell's folder has another dev server, or none. */
  #api(): string {
    const { apiUrl, project, isApiGiven = false } = this.#target;
    if (apiUrl === undefined) return '';
    return isApiGiven || project === undefined || !isInside(this.#shellFolder, project) ? ` --api ${apiUrl}` : '';
  }

  #folder(): string {
    const { project } = this.#target;
    if (project === undefined) return '';
    const path = relative(this.#shellFolder, project);
    return path === '' ? '' : ` ${quoteForShell(path)}`;
  }
}

function isInside(folder: string, project: string): boolean {
  return `${resolve(folder)}${sep}`.startsWith(`${resolve(project)}${sep}`);
}
