import { basename, join } from 'node:path';
import { compareConfigs } from '../config/compare-configs.js';
import { CONFIG_FILE_NAMES } from '../config/config-file.js';
import type { DevFlags } from '../config/dev-flags.js';
import { type DevConfig, resolveConfig } from '../config/resolve.js';
import type { ServiceConfig } from '../config/service-config.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { asSystemProblem } from '../os/system-problem.js';
import { chooseRuntimes } from './docker-parts.js';

/** Receives changes in the files that define what to run. */
export interface ConfigFollowerListener {
  /** The settings of a service have changed; `reason` tells the user why. */
  redefine(service: ServiceConfig, reason: string): Promise<void>;
  /** Some changes take effect only after a restart; `what` describes them in words. */
  onFixed(file: string, what: readonly string[]): void;
  /** The files are invalid; the previous content stays in use. */
  onProblem(error: JamdevError): void;
}

/** Follows the config file and the start script while a dev server runs. */
export class ConfigFollower {
  /** Absolute paths of the config files that are used, or would be if they existed. */
  readonly files: readonly string[];
  readonly #flags: DevFlags;
  readonly #running: () => DevConfig;
  readonly #listener: ConfigFollowerListener;

  /** @param running the config that the dev server currently uses */
  constructor(flags: DevFlags, running: () => DevConfig, listener: ConfigFollowerListener) {
    this.#flags = flags;
    this.#running = running;
    this.#listener = listener;
    const { project, configFile } = running();
    this.files = configFile === undefined ? CONFIG_FILE_NAMES.map((name) => join(project, name)) : [configFile];
  }

  /** Reads the files again, and applies the changes that do not need a restart. */
  async reload(): Promise<void> {
    try {
      const next = await resolveConfig(this.#flags);
      const { services, engine } = await chooseRuntimes(next);
      // The engine was only needed to check that it exists.
      engine?.close();
      const change = compareConfigs(this.#running(), { ...next, services });
      const file = basename(next.configFile ?? 'package.json');
      for (const service of change.services) await this.#listener.redefine(service, `changed: ${file}`);
      if (change.needsRestart.length > 0) this.#listener.onFixed(file, change.needsRestart);
    } catch (error) {
      const problem = error instanceof JamdevError ? error : asSystemProblem(error);
      if (problem === undefined) throw error;
      this.#listener.onProblem(problem);
    }
  }
}
