import { JamdevError } from '../contract/errors/jamdev-error.js';

/** Errors about images that can't be built or pushed for a deployment. */
export const imageErrors = {
  pushFailed: (name: string, detail: string) =>
    new JamdevError(
      'PushFailed',
      `The image could not be pushed as ${name}: ${detail.replace(/\.$/, '')}.`,
      'Check that the registry answers and that you may push there. For your own registry, log in with: docker login',
    ),
  imageNotBuilt: (service: string, failure: string) =>
    new JamdevError(
      'BuildFailed',
      `The image of service "${service}" could not be built: ${failure.replace(/\.$/, '')}.`,
      'Nothing was deployed. Fix the build, and run the command again.',
    ),
};
