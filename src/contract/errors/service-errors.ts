import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Services and their images. */
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
      `${quote(name)} can't be the name of a service.`,
      'Use lowercase letters, digits and hyphens; 63 characters at most.',
    ),
  serviceExists: (name: string) =>
    new JamdevError('ServiceExists', `The service "${name}" already exists.`, 'Choose another name, or use it.'),
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
      'End them first: npx jamdev terminate --all',
    ),
  /** @param inDocker whether images of the local engine can be run */
  imageNotFound: (service: string, tag: string, known: readonly string[], inDocker: boolean) =>
    new JamdevError(
      'ImageNotFound',
      `The service ${quote(service)} has no image with the tag ${quote(tag)}.`,
      `${known.length === 0 ? 'It has none yet.' : `Known tags: ${known.join(', ')}.`} ${
        inDocker
          ? `To tag a local image: docker tag IMAGE ${service}:TAG`
          : 'Tags of your own need backends that run in Docker.'
      }`,
    ),
  loginNeedsCloud: () =>
    new JamdevError(
      'CloudOnly',
      'Logging in through the browser needs the cloud.',
      'Here any token works: jamsocket login --token local.token',
    ),
  pushNeedsCloud: (service: string) =>
    new JamdevError(
      'CloudOnly',
      'No registry is needed: the image is already tagged locally.',
      `Where backends run in Docker, use it by its tag: jamsocket connect ${service} -t TAG (push with -t TAG as well: "latest" is the newest build here)`,
    ),
};
