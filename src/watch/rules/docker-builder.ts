import { execa } from 'execa';

/**
 * What runs a `docker build`: BuildKit, or the classic builder where its plugin is missing or it is turned off. They
 * read other ignore files and enter other folders.
 */
export type DockerBuilder = 'buildkit' | 'classic';

/** Finds out which builder the `docker` client would take; without a client, it would be BuildKit. */
export async function findDockerBuilder(): Promise<DockerBuilder> {
  const asked = process.env.DOCKER_BUILDKIT;
  if (asked === '0' || asked === 'false') return 'classic';
  const { exitCode } = await execa('docker', ['buildx', 'version'], { reject: false, stdin: 'ignore' });
  return exitCode === undefined || exitCode === 0 ? 'buildkit' : 'classic';
}
