import type { ContainerBuild } from '../runtime.js';
import { dockerEnvironment, passVariables } from './docker-cli.js';
import { labelArguments } from './labels.js';
import type { Limit } from './resource-limits.js';

/** The port that a backend listens on inside its container (platform contract, "What a backend sees"). */
const CONTAINER_PORT = 8080;
/** Where a mount is seen inside the container. */
const MOUNT_TARGET = '/plane-data';
/** All that makes up a `docker run`. */
export interface ContainerSpec {
  name: string;
  labels: Parameters<typeof labelArguments>[0];
  build: ContainerBuild;
  /** The platform's variables and the request's. */
  env: Record<string, string>;
  /** On 127.0.0.1 of this machine. */
  port: number;
  limits: readonly Limit[];
  /** Absolute path. */
  volumeFolder: string | undefined;
}

/** @returns the port that the backend has to listen on inside; on the host's own network only one could have 8080 */
export function insidePort({ build, port }: Pick<ContainerSpec, 'build' | 'port'>): number {
  return build.network === 'host' ? port : CONTAINER_PORT;
}

/** The arguments and the environment of the docker client that runs a backend and stays attached to it. */
export function runArguments(spec: ContainerSpec): { args: string[]; env: NodeJS.ProcessEnv } {
  const { name, build, port, volumeFolder } = spec;
  // The image was built here: one that is missing must not be looked for in a registry.
  const args = ['run', '--name', name, '--pull', 'never', ...labelArguments(spec.labels)];
  if (build.network !== 'host') args.push('--publish', `127.0.0.1:${port}:${CONTAINER_PORT}`);
  args.push('--add-host', 'host.docker.internal:host-gateway');
  if (build.network !== undefined) args.push('--network', build.network);
  if (build.platform !== undefined) args.push('--platform', build.platform);
  for (const limit of spec.limits) args.push(...limit.args);
  if (volumeFolder !== undefined) args.push('--mount', bindMount(volumeFolder));
  const variables = passVariables('--env', { ...build.env, ...spec.env, PORT: String(insidePort(spec)) });
  args.push(...variables.args);
  args.push(build.image);
  return { args, env: dockerEnvironment(variables.env) };
}

/** The option is a line of CSV: quoted, a path may hold commas. */
function bindMount(folder: string): string {
  const quoted = `source=${folder}`.replaceAll('"', '""');
  return `type=bind,"${quoted}",target=${MOUNT_TARGET}`;
}
