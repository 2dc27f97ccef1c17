import type { ContainerBuild } from '../runtime.js';
import type { Labels } from './labels.js';
import { labelsOf } from './labels.js';
import type { Limit } from './resource-limits.js';

/** The port that a backend listens on inside its container (platform contract, "What a backend sees"). */
const CONTAINER_PORT = 8080;
/** Where a mount is seen inside the container. */
export const MOUNT_TARGET = '/plane-data';

/** What a container keeps when it ends. */
export interface Mount {
  Type: 'bind' | 'volume';
  /** The absolute path of a folder on the engine's machine, or the name of a volume. */
  Source: string;
}

/** A folder of this machine that a container sees and can't write to. */
interface SharedFolder {
  /** Absolute path on this machine. */
  source: string;
  /** Absolute path in the container. */
  target: string;
}

/** Everything that defines a backend's container. */
export interface ContainerSpec {
  labels: Labels;
  build: ContainerBuild;
  /** The platform's variables and the request's. */
  env: Record<string, string>;
  /** The port that the backend has to listen on, on the host's own network; elsewhere it is 8080. */
  hostPort: number | undefined;
  limits: readonly Limit[];
  /** The folder or the volume that is mounted. */
  mount: Mount | undefined;
  /** Folders through which jamdev speaks with what runs inside. */
  shared?: readonly SharedFolder[] | undefined;
  /** The address of the engine's machine at which the port is published. */
  publishAt: string;
  /** The address of this machine, as the container sees it. */
  hostAddress: string;
  /** Whether the engine puts its own init in front of the image's program. */
  init: boolean;
}

/** Returns the port that a backend has to listen on inside its container. */
export function insidePort({ hostPort }: Pick<ContainerSpec, 'hostPort'>): number {
  return hostPort ?? CONTAINER_PORT;
}

/** The body of the engine's request to create a container. The engine chooses the port that it publishes. */
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
