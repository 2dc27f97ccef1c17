import { argumentsOf, listProcesses } from '../../src/processes/process-table.js';
import type { CrashWorkload } from '../crash/crash-series.js';
import { send } from '../support/http.js';
import { docker } from './support.js';

/** Backends in containers, found in the engine and by the command lines of docker clients. */
export class ContainerWorkload implements CrashWorkload {
  readonly longestLifeMs = 2_500;
  readonly #project: string;
  readonly #doubles: string[] = [];

  /** @param project absolute path of the project folder */
  constructor(project: string) {
    this.#project = project;
  }

  options(): string[] {
    return ['--dockerfile', 'Dockerfile'];
  }

  async survivors(number: number, api: string): Promise<string[]> {
    const own = api === '' ? '' : (await send(`${api}/_jamdev/info`)).json<{ run_id: string }>().run_id;
    const label = `label=dev.jamdev.project=${this.#project}`;
    const format = '{{.ID}} {{.Label "dev.jamdev.run"}} {{.Label "dev.jamdev.key"}} {{.State}}';
    const listed = (await docker('ps', '--all', '--filter', label, '--format', format)).split('\n');
    const containers = listed.filter((line) => line !== '' && !line.includes(` ${own} `));
    if (containers.length > 0) await docker('rm', '--force', ...containers.map((line) => line.split(' ')[0] ?? ''));
    if (api !== '') this.#doubles.push(...containers.filter((line) => line.endsWith(' running')));
    const clients: string[] = [];
    for (const { pid, zombie } of await listProcesses()) {
      const line = (await argumentsOf(pid)).join(' ');
      const isClient = line.startsWith('docker run') && line.includes(`dev.jamdev.project=${this.#project} `);
      if (isClient && !zombie && !line.includes(`dev.jamdev.run=${own} `)) clients.push(line);
    }
    return [...containers, ...clients].map((line) => `seen in run ${number}: ${line}`);
  }

  /** Containers of killed runs that were running when the next dev server assigned keys. */
  doubles(): string[] {
    return this.#doubles;
  }
}
