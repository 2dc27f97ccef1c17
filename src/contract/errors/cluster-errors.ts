import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors of the cluster behind `jamdev serve`. */
export const clusterErrors = {
  controllerUnavailable: (detail: string) =>
    new JamdevError(
      'ControllerUnavailable',
      `The controller of the cluster does not answer (${detail}).`,
      'Try again in a moment. Running sessions continue for about 40 s without it.',
    ),
  controllerHelpless: (detail: string) =>
    new JamdevError(
      'ControllerUnavailable',
      `The controller of the cluster is failing; it answered: ${detail}`,
      'Try again in a moment. If it still fails, check its log and its database. Running sessions continue for about 40 s without them.',
    ),
  controllerFailed: (detail: string) =>
    new JamdevError(
      'ControllerFailed',
      `The controller of the cluster answered with an error: ${detail}.`,
      "Try again. If it still fails, check the controller's log.",
    ),
  noDroneAvailable: (cluster: string, pool: string) =>
    new JamdevError(
      'NoDroneAvailable',
      `The cluster ${quote(cluster)} has no drone that can start a backend${pool === '' ? '' : ` in the pool ${quote(pool)}`}.`,
      'Start a drone, or wait until one is connected, healthy and not draining.',
    ),
  droneNotFound: (name: string, cluster: string) =>
    new JamdevError(
      'DroneNotFound',
      `The cluster ${quote(cluster)} has no connected drone ${quote(name)}.`,
      'To list the drones: npx jamdev drones',
    ),
  keyHeldInOtherEnvironment: (key: string, service: string, held: string, asked: string) =>
    new JamdevError(
      'KeyHeldInOtherEnvironment',
      `The key ${quote(key)} of service ${quote(service)} is held by a backend of the environment ${quote(held)}, not of ${quote(asked)}.`,
      'All environments of a service share its keys: use another key, or connect to the environment of the holder.',
    ),
  keyStillEnding: (key: string, service: string, seconds: number) =>
    new JamdevError(
      'KeyStillEnding',
      `The last backend with the key ${quote(key)} of service ${quote(service)} did not end within ${seconds} s.`,
      'Try again in a moment, or kill it: npx jamdev terminate --force BACKEND',
    ),
  holderUnreachable: (key: string, service: string, drone: string | null) =>
    new JamdevError(
      'HolderUnreachable',
      `The last backend with the key ${quote(key)} of service ${quote(service)} may still run: the Docker Engine of its drone${drone === null ? '' : ` ${quote(drone)}`} does not answer.`,
      'Try again once that machine or its Docker Engine is back. If it is lost permanently, start jamdev serve with serve.onLostDrone: "spawn".',
    ),
  /** A remark on a successful connect. */
  holderMayRun: (id: string, drone: string | null) =>
    new JamdevError(
      'HolderUnreachable',
      `The last backend with this key (${id}) may still run: ${drone === null ? 'its drone is not known' : `the Docker Engine of its drone ${quote(drone)} does not answer`}.`,
      'Wherever both backends could write, compare SESSION_BACKEND_FENCING_TOKEN. With serve.onLostDrone: "wait", this request would get 503.',
    ),
  spawnTooLarge: (bytes: number, limitBytes: number) =>
    new JamdevError(
      'InvalidRequest',
      `"env", image and key have ${bytes} bytes as JSON; the cluster accepts at most ${limitBytes} bytes in total.`,
      'Send less in "env", and let the backend fetch large values itself.',
    ),
  notAReference: (text: string) =>
    new JamdevError(
      'ImageNotFound',
      `${quote(text)} is not a full image reference.`,
      'Write it as REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST.',
    ),
  tagUnknown: (service: string, tag: string) =>
    new JamdevError(
      'ImageNotFound',
      `The service ${quote(service)} has no image with the tag ${quote(tag)}.`,
      'To run the image of the environment, leave out the tag.',
    ),
  serviceWithoutImage: (service: string, environment: string) =>
    new JamdevError(
      'ImageNotFound',
      `The environment ${quote(environment)} of service ${quote(service)} has no image.`,
      'Push an image to it, call use-image with a full reference, or set services.NAME.image in the config of jamdev serve.',
    ),
  droneWithoutEndpoint: (id: string, drone: string | null) =>
    new JamdevError(
      'OutputUnavailable',
      drone === null
        ? `The drone of the backend ${quote(id)} is not known, so its output can't be read.`
        : `The Docker Engine of the drone ${quote(drone)} is not configured, so the output of the backend ${quote(id)} can't be read.`,
      'Add the engine of each drone to serve.drones.',
    ),
  engineUnavailable: (drone: string, detail: string, remedy = 'Check its entry in serve.drones, and the machine.') =>
    new JamdevError(
      'EngineUnavailable',
      `The Docker Engine of the drone ${quote(drone)} can't be used: ${detail}`,
      remedy,
    ),
  containerGone: (id: string) =>
    new JamdevError(
      'OutputUnavailable',
      `The container of the backend ${quote(id)} is gone, and its output with it.`,
      'Read logs while the backend runs.',
    ),
  backendLimit: (account: string, limit: number) =>
    new JamdevError(
      'LimitReached',
      `The account ${quote(account)} already has ${limit} backends, the most that serve.limits.maxBackends allows.`,
      'Terminate some, or wait until one ends.',
    ),
  connectLimit: (account: string, perSecond: number) =>
    new JamdevError(
      'LimitReached',
      `The account ${quote(account)} connects more than ${perSecond} times per second, the most that serve.limits.connectsPerSecond allows.`,
      'Try again in a second.',
    ),
};
