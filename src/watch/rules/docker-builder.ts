import { execa } from 'execa';

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
  const ask = (...args: string[]) => execa('docker', args, { reject: false, stdin: 'ignore', env: environment });
  const [buildx, version] = await Promise.all([
    ask('buildx', 'version'),
    ask(
      'version',
      '--format',
      '{{.Client.Version}} {{if .Server}}{{range .Server.Components}}{{.Name}},{{end}}{{end}}',
    ),
  ]);
  if (version.stdout?.includes('Podman')) return 'podman';
  const asked = process.env.DOCKER_BUILDKIT;
  if (asked === '0' || asked === 'false') return 'classic';
  // Without a client, nothing can be told; most machines have BuildKit.
  if (buildx.exitCode === undefined || buildx.exitCode === 0) return 'buildkit';
  const major = Number.parseInt(version.stdout ?? '', 10);
  return major < FIRST_WITHOUT_BUILDKIT ? 'buildkit' : 'classic';
}
