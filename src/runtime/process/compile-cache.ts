import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { noteHandled } from '../../os/debug/debug-log.js';
import { findProgram } from '../../processes/find-program.js';

const VARIABLE = 'NODE_COMPILE_CACHE';
/**
 * A backend that sets one of these has its own cache, wants none, or measures coverage, which a cache makes less exact.
 */
const DECIDED_BY = [VARIABLE, 'NODE_DISABLE_COMPILE_CACHE', 'NODE_V8_COVERAGE'];
/** The first Node.js version with the cache: [major, minor]. */
const SINCE = [22, 1] as const;
const VERSION_TIMEOUT_MS = 5_000;

/** Gives backends a folder for Node.js's compile cache, so that later starts are faster. */
export class CompileCache {
  readonly #folder: string;
  /** Whether the Node.js at a path supports the cache. */
  readonly #known = new Map<string, boolean>();

  /** @param folder absolute path; Node.js creates it on demand */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Returns the variables for a process in a folder: none if its Node.js has no cache, or if its environment already
   * decides.
   */
  variablesFor(cwd: string, env: NodeJS.ProcessEnv): Record<string, string> {
    if (DECIDED_BY.some((name) => env[name] !== undefined)) return {};
    const found = findProgram({ file: 'node', cwd, env });
    return found !== undefined && this.#hasCache(found) ? { [VARIABLE]: this.#folder } : {};
  }

  #hasCache(program: string): boolean {
    const known = this.#known.get(program);
    if (known !== undefined) return known;
    const version = versionOf(program);
    const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
    const has = major > SINCE[0] || (major === SINCE[0] && minor >= SINCE[1]);
    this.#known.set(program, has);
    return has;
  }
}

/** @returns for example `v22.1.0`; '' if unknown */
function versionOf(program: string): string {
  try {
    if (realpathSync(program) === realpathSync(process.execPath)) return process.version;
    return execFileSync(program, ['--version'], { encoding: 'utf8', timeout: VERSION_TIMEOUT_MS, stdio: 'pipe' });
  } catch (error) {
    noteHandled('processes', 'asking for the version of Node.js', error);
    return '';
  }
}
