import type { ErrorCode } from '../contract/errors/error-codes.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { quote } from '../contract/errors/quote.js';

const WITHOUT_DOCKER = 'run backends as child processes: npx jamdev dev --runtime process';

/** Errors of the Docker Engine, its containers and their mounts. */
export const dockerErrors = {
  dockerMissing: () =>
    new JamdevError(
      'DockerMissing',
      'There is no "docker" command on this machine.',
      `Install Docker (https://docs.docker.com/get-docker/), or ${WITHOUT_DOCKER}`,
    ),
  dockerStopped: (detail: string) =>
    new JamdevError(
      'DockerStopped',
      `The Docker Engine does not answer (${detail}).`,
      `Start Docker, or ${WITHOUT_DOCKER}`,
    ),
  dockerForbidden: (detail: string) =>
    new JamdevError(
      'DockerForbidden',
      `This user is not allowed to use the Docker Engine (${detail}).`,
      `Join the group docker (sudo usermod -aG docker $USER, then log in again), or ${WITHOUT_DOCKER}`,
    ),
  /** For an engine on another machine. @param where its URL or name */
  engineUnreachable: (where: string, detail: string, remedy: string) =>
    new JamdevError('EngineUnreachable', `The Docker Engine at ${where} can't be reached (${detail}).`, remedy),
  addressNotThere: (address: string) =>
    new JamdevError(
      'ContainerNotStarted',
      `The machine of the Docker Engine has no address ${address} to publish ports at.`,
      'Set "remote.address" in the config to an address that it has and this machine reaches, or use DOCKER_HOST=ssh://USER@HOST.',
    ),
  imageGone: (image: string) =>
    new JamdevError(
      'ImageGone',
      `The image ${image} is gone from the Docker Engine.`,
      'Build it again: npx jamdev build',
    ),
  dockerNetworkMissing: (network: string) =>
    new JamdevError(
      'DockerNetworkMissing',
      `There is no Docker network ${quote(network)}.`,
      `Create it (docker network create ${network}), or correct "dockerOptions.network".`,
    ),
  containerCommandNotFound: (detail: string) =>
    new JamdevError(
      'CommandNotFound',
      `The command of the image can't be started: ${detail}.`,
      'Check CMD and ENTRYPOINT in the Dockerfile.',
    ),
  containerNotStarted: (detail: string) =>
    new JamdevError(
      'ContainerNotStarted',
      `Docker could not start the container: ${detail}.`,
      'Check the resource named above.',
    ),
  diskFull: (detail: string) =>
    new JamdevError(
      'DiskFull',
      `The disk of the Docker Engine is full (${detail}).`,
      'Make room, for example with: docker system prune',
    ),
};

/** Codes of errors about an engine that does not answer. */
const AWAY: readonly ErrorCode[] = ['DockerStopped', 'DockerForbidden', 'EngineUnreachable'];

/** Whether an error means that the engine does not answer, rather than that the request failed. */
export function isEngineAway(error: unknown): boolean {
  return error instanceof JamdevError && AWAY.includes(error.code);
}
