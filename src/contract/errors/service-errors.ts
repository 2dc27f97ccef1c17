import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors about services and their images. */
export const serviceErrors = {
  serviceNotFound: (name: string, known: string[]) =>
    new JamdevError(
      'ServiceNotFound',
      `There is no service ${quote(name)}.`,
      known.length === 0 ? '' : `Known services: ${known.join(', ')}.`,
    ),
  serviceNameUnusable: (name: string) =>
    new JamdevError(
      'InvalidRequest',
      `${quote(name)} is not a valid service name.`,
      'Use lowercase letters, digits and hyphens; 63 characters at most.',
    ),
  serviceExists: (name: string) =>
    new JamdevError(
      'ServiceExists',
      `The service "${name}" already exists.`,
      'Choose another name, or use the existing service.',
    ),
  serviceConfigured: (name: string) =>
    new JamdevError(
      'ServiceConfigured',
      `The service "${name}" comes from the project's config and can't be deleted here.`,
      'Remove it from the config file.',
    ),
  serviceInUse: (name: string, backends: number) =>
    new JamdevError(
      'ServiceInUse',
      `The service ${quote(name)} has ${backends === 1 ? 'a running backend' : `${backends} running backends`}.`,
      'To end them first: npx jamdev terminate --all',
    ),
  /** @param inDocker whether images of the local engine can be run */
  imageNotFound: (service: string, tag: string, known: readonly string[], inDocker: boolean) =>
    new JamdevError(
      'ImageNotFound',
      `The service ${quote(service)} has no image with the tag ${quote(tag)}.`,
      `${known.length === 0 ? 'It has none yet.' : `Known tags: ${known.join(', ')}.`} ${
        inDocker
          ? `To tag a local image: docker tag IMAGE ${service}:TAG`
          : 'Your own tags need backends that run in Docker.'
      }`,
    ),
  loginNeedsCloud: () =>
    new JamdevError(
      'CloudOnly',
      'Login through the browser needs the hosted platform.',
      'A dev server accepts any token: jamsocket login --token local.token',
    ),
  pushNeedsCloud: (service: string) =>
    new JamdevError(
      'CloudOnly',
      'No registry is needed: the image is already tagged locally.',
      `If backends run in Docker, use the image by its tag: jamsocket connect ${service} -t TAG (push with -t TAG too: here, "latest" is the newest build)`,
    ),
};
