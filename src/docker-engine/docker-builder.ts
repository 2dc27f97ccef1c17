import { JamdevError } from '../contract/errors/jamdev-error.js';
import { type DockerResult, QUICK_TIMEOUT_MS, runDocker } from './docker-cli.js';

/**
 * What runs a `docker build`: BuildKit, or the classic builder where BuildKit is missing or turned off. They read
 * other ignore files and enter other folders. Podman has only the API of the classic one, with a builder of its own.
 */
export type DockerBuilder = 'buildkit' | 'classic' | 'podman';

/** The first client that needs its buildx component for BuildKit; older ones have BuildKit inside, turned off. */
const FIRST_WITHOUT_BUILDKIT = 23;

/**
 * Finds out which builder is to be used: BuildKit where it is there, unless DOCKER_BUILDKIT turns it off.
 * @param environment for the docker client, on top of this program's own
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
  // Without a client that answers, nothing is known; most machines have BuildKit.
  if (buildx === undefined || buildx.ok || Number.isNaN(major)) return 'buildkit';
  return major < FIRST_WITHOUT_BUILDKIT ? 'buildkit' : 'classic';
}

/** Remembers the builder from one build to the next: the client takes a tenth of a second to tell. */
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

  /** Call it after a failed build, whose cause may be repaired by another builder. */
  forget(): void {
    this.#found = undefined;
  }
}

/** @returns undefined: there is no client */
async function askClient(args: string[], env: Record<string, string>): Promise<DockerResult | undefined> {
  try {
    return await runDocker(args, { timeoutMs: QUICK_TIMEOUT_MS, env });
  } catch (error) {
    if (error instanceof JamdevError) return undefined;
    throw error;
  }
}
