import { cpSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type RuntimeName = 'process' | 'docker';

/** What is wrong with the saved code. `syntax`: its build fails. `start`: it builds, and exits as soon as it starts. */
export type Fault = 'syntax' | 'start';

const FAULTY_CODE: Record<Fault, string> = { syntax: 'serve(', start: "throw new Error('faulty on purpose')" };
const DOCKERFILE = `FROM node:22-slim
COPY . /app
RUN ["node", "--check", "/app/server.mjs"]
CMD ["node", "/app/server.mjs"]
`;

/** The folder of a soak: the project, and next to it the dev server's state and temp files. */
export class SoakProject {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'jamdev-soak-')));
  readonly folder = join(this.root, 'project');
  readonly stateHome = join(this.root, 'state');
  readonly temp = join(this.root, 'temp');
  readonly runtime: RuntimeName;
  #version = 1;

  /** @param repository the checkout with jamdev and its packages */
  constructor(repository: string, runtime: RuntimeName) {
    this.runtime = runtime;
    for (const folder of [this.folder, this.stateHome, this.temp]) mkdirSync(folder);
    cpSync(join(repository, 'test/soak/backend/session.mjs'), join(this.folder, 'session.mjs'));
    const [packages, own] = [join(repository, 'node_modules'), join(this.folder, 'node_modules')];
    if (runtime === 'docker') {
      cpSync(join(packages, 'ws'), join(own, 'ws'), { recursive: true });
      writeFileSync(join(this.folder, 'Dockerfile'), DOCKERFILE);
    } else {
      symlinkSync(packages, own);
    }
    this.#write(`serve(${this.#version})`);
  }

  /** The newest version of the code that works. */
  get version(): number {
    return this.#version;
  }

  /** Options of `jamdev dev`. @param tag an argument of every backend's command, and a variable of it */
  options(tag: string): string[] {
    const env = ['--env', `SOAK_TAG=${tag}`];
    if (this.runtime === 'docker') return ['--runtime', 'docker', ...env];
    return [
      '--runtime',
      'process',
      '--command',
      `node server.mjs ${tag}`,
      '--build',
      'node --check server.mjs',
      ...env,
    ];
  }

  /** Saves a new version that works. */
  saveGood(): void {
    this.#version += 1;
    this.#write(`serve(${this.#version})`);
  }

  saveFaulty(fault: Fault): void {
    this.#write(FAULTY_CODE[fault]);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** In one step, as editors do: a process that starts at this moment reads either the old code or the new. */
  #write(statement: string): void {
    const draft = join(this.root, 'draft');
    writeFileSync(draft, `import { serve } from './session.mjs';\n${statement};\n`);
    renameSync(draft, join(this.folder, 'server.mjs'));
  }
}
