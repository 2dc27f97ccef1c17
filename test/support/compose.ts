import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { asPostgres, execute, initializePostgres, postgresProgram } from './postgres-programs.js';
import { ROOT } from './project.js';
import { waitFor } from './wait.js';

const START_DEADLINE_MS = 90_000;
const PLANE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jamdev', 'plane', 'bin', 'plane');

/** How the file runs jamdev, and what is run instead. */
const JAMDEV = 'npx --yes jamdev@latest';
const BUILT = [process.execPath, join(ROOT, 'bin', 'jamdev.js')];

/** The supported part of a Compose file; strict, so that nothing in it is overlooked. */
const serviceSchema = z.strictObject({
  image: z.string(),
  restart: z.literal('always').optional(),
  network_mode: z.enum(['host', 'none']),
  depends_on: z
    .union([
      z.array(z.string()),
      z.record(
        z.string(),
        z.strictObject({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }),
      ),
    ])
    .optional(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
  working_dir: z.string().optional(),
  volumes: z.array(z.string()),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal('CMD')], z.string()),
      interval: z.string(),
      start_period: z.string().optional(),
      retries: z.number(),
    })
    .optional(),
});
const composeSchema = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), serviceSchema.extend({ volumes: z.array(z.string()).optional() })),
  volumes: z.record(z.string(), z.null()),
});
type Service = z.infer<typeof composeSchema>['services'][string];

/** The local program for an image. */
const PROGRAMS: Record<string, readonly string[]> = {
  // Plane's image has its program as its entry point, and that of the registry has one that adds its name to `serve`.
  'plane/plane:0.5.5': [PLANE],
  'registry:2': ['docker-registry'],
  'node:22-slim': [],
  'postgres:17': [],
};

/** A platform started from a Compose file. */
interface Platform {
  /** The output of the command of {@link Places.before}. */
  printed: string;
}

/** Local replacements for the ports and folders that the file names. */
export interface Places {
  /** By the port in the file. */
  ports: Readonly<Record<number, number>>;
  /** The folder of the Compose file. */
  folder: string;
  /** For volumes, whose names are folders in it. */
  volumes: string;
  /** The socket of the Docker Engine. */
  engineSocket: string;
  /** Variables of the file `.env`. */
  variables?: Readonly<Record<string, string>>;
  /** Run as `docker compose run --rm PART COMMAND`, before that part starts. */
  before?: { part: string; command: readonly string[] };
}

/**
 * Runs the commands of a Compose file with the programs of this machine, in the order that it requires. Only ports,
 * paths of mounted volumes, and `npx --yes jamdev@latest`, replaced by the built jamdev, are changed in a command.
 */
export async function startCompose(file: string, places: Places): Promise<Platform> {
  const { variables = {}, before } = places;
  const text = readFileSync(file, 'utf8').replace(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, otherwise: string) => variables[name] ?? otherwise,
  );
  const { services, volumes } = composeSchema.parse(parse(text, { merge: true }));
  for (const name of Object.keys(volumes)) mkdirSync(join(places.volumes, name), { recursive: true });
  const parts = new Map<string, Part>();
  let printed = '';
  onTestFinished(() => stopAll(parts));
  for (const [name, service] of Object.entries(services)) {
    const dependencies = service.depends_on ?? [];
    const waited = Array.isArray(dependencies) ? dependencies : Object.keys(dependencies);
    for (const each of waited) if (!parts.has(each)) throw new Error(`${name} stands in front of ${each}`);
    const part = new Part(name, service, places);
    parts.set(name, part);
    if (before?.part === name) printed = await part.runOnce(before.command);
    await part.start();
  }
  await Promise.all([...parts.values()].map((part) => part.untilHealthy()));
  return { printed };
}

/** In reverse order, so that no part loses one that it uses. */
async function stopAll(parts: Map<string, Part>): Promise<void> {
  for (const part of [...parts.values()].reverse()) await part.stop();
}

/** A service of the file. */
class Part {
  #output = '';
  readonly #name: string;
  readonly #service: Service;
  readonly #places: Places;
  #child: ChildProcess | undefined;
  #isStopping = false;

  constructor(name: string, service: Service, places: Places) {
    this.#name = name;
    this.#service = service;
    this.#places = places;
  }

  /** Resolves when the parts that depend on it may start. */
  async start(): Promise<void> {
    const { image, restart } = this.#service;
    if (image.startsWith('postgres:')) {
      await initializePostgres({ all: this.#places.volumes, data: this.#data(), sockets: this.#sockets() });
    }
    const ended = this.#run();
    if (restart === undefined && (await ended) !== 0) throw new Error(`${this.#name} failed:\n${this.#output}`);
    if (image.startsWith('postgres:')) await this.#createDatabases();
  }

  /** Runs another command with the environment and the volumes of this part. @returns what it printed */
  async runOnce(command: readonly string[]): Promise<string> {
    const [program = '', ...args] = this.#command(command);
    const options = { env: this.#environment(), cwd: this.#folder(), timeout: START_DEADLINE_MS };
    return (await promisify(execFile)(program, args, options)).stdout.trim();
  }

  async untilHealthy(): Promise<void> {
    const { healthcheck } = this.#service;
    if (healthcheck === undefined) return;
    const [, ...test] = healthcheck.test.map((word) => this.#translate(word));
    await waitFor(
      () => this.#try(test),
      `${this.#name} to be healthy:\n${this.#output.slice(-2000)}`,
      START_DEADLINE_MS,
    );
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#isStopping = true;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(this.#service.image.startsWith('postgres:') ? 'SIGINT' : 'SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(force);
  }

  /** Runs the command, and again when it exits. @returns its exit code if it is not to be restarted */
  #run(): Promise<number> {
    const [program = '', ...args] = this.#command();
    const child = spawn(program, args, {
      env: this.#environment(),
      cwd: this.#folder(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (this.#isStopping || this.#service.restart === undefined) return resolve(code ?? -1);
        this.#output += `(ended: ${signal ?? code})\n`;
        setTimeout(() => (this.#isStopping ? resolve(0) : resolve(this.#run())), 100);
      });
    });
  }

  #command(command: readonly string[] = this.#service.command): string[] {
    const { image } = this.#service;
    const words = command.map((word) => this.#translate(word));
    if (command.slice(0, 3).join(' ') === JAMDEV) return [...BUILT, ...words.slice(3)];
    const program = PROGRAMS[image];
    if (program === undefined) throw new Error(`The image ${image} is not known: say which program it runs.`);
    if (!image.startsWith('postgres:')) return [...program, ...words];
    const [, ...args] = words;
    return asPostgres(postgresProgram('postgres'), '-D', this.#data(), '-k', this.#sockets(), ...args);
  }

  async #createDatabases(): Promise<void> {
    const script = join(this.#places.folder, 'databases.sql');
    const psql = ['psql', '--host', this.#sockets(), '--username', 'postgres', '--set', 'ON_ERROR_STOP=1'];
    await waitFor(
      () => this.#try([...psql, '--command', 'select 1']),
      `PostgreSQL:\n${this.#output}`,
      START_DEADLINE_MS,
    );
    await execute([...psql, '--file', script]);
  }

  async #try(command: readonly string[]): Promise<boolean> {
    try {
      await execute(command, { ...process.env, PGHOST: this.#sockets() });
      return true;
    } catch {
      return false;
    }
  }

  #environment(): NodeJS.ProcessEnv {
    const own = Object.entries(this.#service.environment ?? {}).map(([name, value]) => [name, this.#translate(value)]);
    const { PATH, HOME, XDG_STATE_HOME } = process.env;
    // The file mounts the engine's socket for the drone; here its path is passed instead.
    return {
      PATH,
      HOME,
      XDG_STATE_HOME,
      DOCKER_HOST: `unix://${this.#places.engineSocket}`,
      ...Object.fromEntries(own),
    };
  }

  #folder(): string {
    return this.#service.working_dir === undefined ? this.#places.volumes : this.#places.folder;
  }

  #data(): string {
    return join(this.#places.volumes, 'postgres');
  }

  #sockets(): string {
    return join(this.#places.volumes, 'sockets');
  }

  /** Replaces places in a text of the file by those of this machine. */
  #translate(text: string): string {
    const mounts = (this.#service.volumes ?? []).map((volume) => volume.split(':'));
    let translated = text
      .replaceAll(JAMDEV, BUILT.join(' '))
      .replace(/\b(127\.0\.0\.1:|localhost:|port=)(\d{4})\b/g, (_, before: string, port: string) => {
        const own = this.#places.ports[Number(port)];
        if (own === undefined) throw new Error(`Port ${port} is not known.`);
        return `${before}${own}`;
      });
    for (const [from = '', to = ''] of mounts) translated = translated.replaceAll(to, this.#placeOf(from));
    return translated;
  }

  #placeOf(source: string): string {
    if (source === '/var/run/docker.sock') return this.#places.engineSocket;
    if (source.startsWith('.')) return join(this.#places.folder, source);
    return source.startsWith('/') ? join(this.#places.volumes, 'machine', source) : join(this.#places.volumes, source);
  }
}
