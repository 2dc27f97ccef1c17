import type { ContainerBuild } from '../runtime.js';
import type { Labels } from './labels.js';
import { labelsOf } from './labels.js';
import type { Limit } from './resource-limits.js';

/** The port that a backend listens on inside its container (platform contract, "What a backend sees"). */
const CONTAINER_PORT = 8080;
/** Where a mount is seen inside the container. */
const MOUNT_TARGET = '/plane-data';

/** Everything that defines a backend's container. */
export interface ContainerSpec {
  labels: Labels;
  build: ContainerBuild;
  /** The platform's variables and the request's. */
  env: Record<string, string>;
  /** The port that the backend has to listen on, on the host's own network; elsewhere it is 8080. */
  hostPort: number | undefined;
  limits: readonly Limit[];
  /** Absolute path. */
  volumeFolder: string | undefined;
  /** The address of this machine, as the container sees it. */
  hostAddress: string;
  /** Whether the engine puts its own init in front of the image's program. */
  init: boolean;
}

/** Returns the port that a backend has to listen on inside its container. */
export function insidePort({ hostPort }: Pick<ContainerSpec, 'hostPort'>): number {
  return hostPort ?? CONTAINER_PORT;
}

/** The body of the engine's request to create a container. The engine chooses the port on this machine. */
export function containerConfig(spec: ContainerSpec): Record<string, unknown> {
  const { build, limits, volumeFolder, init, hostPort } = spec;
  const variables = { ...build.env, ...spec.env, PORT: String(insidePort(spec)) };
  const port = `${CONTAINER_PORT}/tcp`;
  const published = { ExposedPorts: { [port]: {} }, PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] } };
  const { ExposedPorts, PortBindings } = hostPort === undefined ? published : {};
  const mount = { Type: 'bind', Source: volumeFolder, Target: MOUNT_TARGET };
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
      Mounts: volumeFolder === undefined ? [] : [mount],
      ...Object.assign({}, ...limits.map(({ config }) => config)),
    },
  };
}
