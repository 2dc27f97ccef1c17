import type { GoodBuild } from '../builds/build-progress.js';
import type { Builder } from '../builds/builder.js';
import { backendEnvironment } from '../builds/make-build.js';
import type { ReadEnvFiles } from '../config/env-file.js';
import { serviceErrors } from '../contract/errors/service-errors.js';
import { digestOf, tagOf } from '../platform/build-digest.js';
import { type ImageSource, NEWEST_TAG, type Service, type ServiceImage } from '../platform/services.js';
import type { Build } from '../runtime/runtime.js';
import type { LocalImage } from './local-images.js';

/** An image that can be chosen, and how to run it. */
interface Choice extends ServiceImage {
  toBuild: () => Build | Promise<Build>;
}

/** Finds the engine's images that a person tagged, by service; undefined if no engine is in use. */
export type FindLocalImages = (service: string, named: string | undefined) => Promise<LocalImage[]>;

/**
 * Lists the images that a connect request can choose by tag: this dev server's builds that can still be run, such as
 * `build-3`, and the images in the local engine that were tagged for a service.
 */
export class ImageCatalog implements ImageSource {
  readonly #builder: Builder;
  readonly #findLocal: FindLocalImages | undefined;
  readonly #readEnvFiles: ReadEnvFiles;

  constructor(builder: Builder, findLocal: FindLocalImages | undefined, readEnvFiles: ReadEnvFiles) {
    this.#builder = builder;
    this.#findLocal = findLocal;
    this.#readEnvFiles = readEnvFiles;
  }

  async find(service: Service, tag: string): Promise<Build> {
    const choices = await this.#choices(service, tag);
    const found = choices.find((each) => each.tag === tag || each.digest === tag);
    if (found !== undefined) return found.toBuild();
    const known = [...new Set(choices.map((each) => each.tag))];
    throw serviceErrors.imageNotFound(service.name, tag, known, this.#findLocal !== undefined);
  }

  async list(service: Service): Promise<ServiceImage[]> {
    const choices = await this.#choices(service);
    return choices.map(({ repository, tag, digest, since }) => ({ repository, tag, digest, since }));
  }

  /** @param named a tag or digest; it may also refer to an image that belongs to no service */
  async #choices(service: Service, named?: string): Promise<Choice[]> {
    const local = (await this.#findLocal?.(service.name, named)) ?? [];
    // Read after the await, during which images may have been removed.
    const built = service.definition === undefined ? [] : this.#builder.goodBuilds(service.definition);
    const newest = built[0] === undefined ? [] : [toChoice(service, built[0], NEWEST_TAG)];
    return [
      ...newest,
      ...built.map((each) => toChoice(service, each, tagOf(each.build))),
      ...local.map((image) => this.#toLocalChoice(service, image)),
    ];
  }

  #toLocalChoice(service: Service, { repository, tag, digest, since }: LocalImage): Choice {
    const config = this.#builder.definitions.find(({ name }) => name === service.definition);
    // Created only when the image is chosen, because its variables are read from files.
    const toBuild = async (): Promise<Build> => ({
      kind: 'container',
      number: 0,
      image: digest,
      digest,
      env: config === undefined ? {} : await backendEnvironment(config, this.#readEnvFiles),
      network: config?.runtime === 'docker' ? config.network : undefined,
      init: config?.runtime === 'docker' ? config.init : undefined,
      platform: undefined,
    });
    return { repository, tag, digest, since, toBuild };
  }
}

function toChoice(service: Service, { build, builtAt }: GoodBuild, tag: string): Choice {
  const digest = digestOf(build);
  const repository = build.kind === 'container' ? build.image.replace(/:[^:]*$/, '') : service.name;
  return { repository, tag, digest, since: builtAt, toBuild: () => build };
}
