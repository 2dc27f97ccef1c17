import type { ContainerBuild } from '../runtime.js';
import type { Labels } from './labels.js';
import { labelsOf } from './labels.js';
import type { Limit } from './resource-limits.js';

/** The port on which a backend listens inside its container (platform contract, "What a backend sees"). */
const CONTAINER_PORT = 8080;
/** The path of a mount inside the container. */
export const MOUNT_TARGET = '/plane-data';

/** Storage that outlives a container. */
export interface Mount {
  Type: 'bind' | 'volume';
  /** The absolute path of a folder on the engine's machine, or the name of a volume. */
  Source: string;
}

/** A folder of this machine that is mounted read-only into a container. */
interface SharedFolder {
  /** Absolute path on this machine. */
  source: string;
  /** Absolute path in the container. */
  target: string;
}

/** The definition of a backend's container. */
export interface ContainerSpec {
  labels: Labels;
  build: ContainerBuild;
  /** The variables of the platform and of the request. */
  env: Record<string, string>;
  /**
   * The port on which the backend has to listen on the host's own network; undefined on other networks, where it is
   * 8080.
   */
  hostPort: number | undefined;
  limits: readonly Limit[];
  /** The folder or volume to mount. */
  mount: Mount | undefined;
  /** Folders through which jamdev communicates with programs in the container. */
  shared?: readonly SharedFolder[] | undefined;
  /** The address of the engine's machine at which the port is published. */
  publishAt: string;
  /** The address of this machine as seen from the container. */
  hostAddress: string;
  /** Whether the engine runs its own init in front of the image's program. */
  init: boolean;
}

/** Returns the port on which a backend has to listen inside its container. */
export function insidePort({ hostPort }: Pick<ContainerSpec, 'hostPort'>): number {
  return hostPort ?? CONTAINER_PORT;
}

/** Returns the body of the engine's request to create a container. The engine chooses the published port. */
export function containerConfig(spec: ContainerSpec): Record<string, unknown> {
  const { build, limits, mount, init, hostPort, publishAt, shared = [] } = spec;
  const variables = { ...build.env, ...spec.env, PORT: String(insidePort(spec)) };
  const port = `${CONTAINER_PORT}/tcp`;
  const published = { ExposedPorts: { [port]: {} }, PortBindings: { [port]: [{ HostIp: publishAt, HostPort: '' }] } };
  const { ExposedPorts, PortBindings } = hostPort === undefined ? published : {};
  return {
    Image: build.image,
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf(spec.labels),
    ExposedPorts,
    HostConfig: {
      PortBindings,
      Init: init,
      NetworkMode: build.network ?? 'default',
      ExtraHosts: [`host.docker.internal:${spec.hostAddress}`],
      Mounts: [
        ...(mount === undefined ? [] : [{ ...mount, Target: MOUNT_TARGET }]),
        ...shared.map(({ source, target }) => ({ Type: 'bind', Source: source, Target: target, ReadOnly: true })),
      ],
      ...Object.assign({}, ...limits.map(({ config }) => config)),
    },
  };
}
