import { JamdevError } from '../contract/errors/jamdev-error.js';
import { type DockerResult, QUICK_TIMEOUT_MS, runDocker } from './docker-cli.js';

/**
 * The builder behind `docker build`: BuildKit, or the classic builder where BuildKit is missing or turned off. They
 * read different ignore files and enter different folders. Podman has only the API of the classic builder, and its own
 * builder behind it.
 */
export type DockerBuilder = 'buildkit' | 'classic' | 'podman';

/**
 * The first client that needs the buildx component for BuildKit; older ones include BuildKit, turned off by default.
 */
const FIRST_WITHOUT_BUILDKIT = 23;

/**
 * Finds the builder to use: BuildKit if it is available, unless DOCKER_BUILDKIT turns it off.
 * @param environment for the docker client, in addition to this process's own
 */
export async function findDockerBuilder(environment: Record<string, string> = {}): Promise<DockerBuilder> {
  const ask = (...args: string[]) => askClient(args, environment);
  const [buildx, version] = await Promise.all([
    ask('buildx', 'version'),
    ask(
      'version',
      '--format',
      '{{.Client.Version}} {{if .Server}}{{range .Server.Components}}{{.Name}},{{end}}{{end}}',
    ),
  ]);
  if (version?.stdout.includes('Podman')) return 'podman';
  const asked = process.env.DOCKER_BUILDKIT;
  if (asked === '0' || asked === 'false') return 'classic';
  const major = Number.parseInt(version?.stdout ?? '', 10);
  // If the client does not answer, BuildKit is assumed, which most machines have.
  if (buildx === undefined || buildx.ok || Number.isNaN(major)) return 'buildkit';
  return major < FIRST_WITHOUT_BUILDKIT ? 'buildkit' : 'classic';
}

/** Remembers the builder between builds, because asking the client takes a tenth of a second. */
export class KnownBuilder {
  readonly #environment: Record<string, string> | undefined;
  #found: Promise<DockerBuilder> | undefined;

  /** @param environment as for {@link findDockerBuilder} */
  constructor(environment?: Record<string, string>) {
    this.#environment = environment;
  }

  find(): Promise<DockerBuilder> {
    this.#found ??= findDockerBuilder(this.#environment);
    return this.#found;
  }

  /** Forgets the builder. Call this after a failed build, since another builder may work. */
  forget(): void {
    this.#found = undefined;
  }
}

/** @returns undefined if there is no docker client */
async function askClient(args: string[], env: Record<string, string>): Promise<DockerResult | undefined> {
  try {
    return await runDocker(args, { timeoutMs: QUICK_TIMEOUT_MS, env });
  } catch (error) {
    if (error instanceof JamdevError) return undefined;
    throw error;
  }
}
