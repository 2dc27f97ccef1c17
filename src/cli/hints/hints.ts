import { relative, resolve, sep } from 'node:path';
import { quoteForShell } from '../../contract/errors/quote-for-shell.js';
import { type Call, ownCommand } from './own-command.js';

/** The commands that talk to a server, and so take `--api`. */
const CLIENT_COMMANDS = ['spawn', 'connect', 'logs', 'list', 'status', 'terminate', 'build'];
/** The commands that take the project's folder as their argument. */
const FOLDER_COMMANDS = ['dev', 'doctor'];
const HINT = /\bnpx jamdev\b(?: ([a-z]+)\b(?!-))?( --api \S+)?/g;

/** What the commands in hints are about. */
export interface HintTarget {
  /** The dev server's project, or the folder that a command was about; an absolute path. */
  project?: string | undefined;
  /** The dev server's URL; undefined: it is found by the project's folder. */
  apiUrl?: string | undefined;
  /** Whether the URL was given by hand: it says more than the folder. */
  isApiGiven?: boolean;
}

/**
 * Makes hints work where they are printed. Messages name commands in their plain form, `npx jamdev logs ID`; the person
 * who reads them may be in another folder than the project, and use another package runner.
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

  /** Returns a text with every command in it as the person can type it. */
  adapt(text: string): string {
    // Most texts have none, and each line of a log begins with one such text.
    if (!text.includes('npx jamdev')) return text;
    return text.replace(HINT, (_, command: string | undefined, api = '') => {
      if (command === undefined) return `${this.#command}${api}`;
      if (CLIENT_COMMANDS.includes(command)) return `${this.#command} ${command}${api || this.#api()}`;
      if (FOLDER_COMMANDS.includes(command)) return `${this.#command} ${command}${this.#folder()}${api}`;
      return `${this.#command} ${command}${api}`;
    });
  }

  /** Where the dev server of the shell's folder is another one, or none. */
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
