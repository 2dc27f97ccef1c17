import { noteHandled } from '../os/debug/debug-log.js';
import { JoinedLookups } from '../os/joined-lookups.js';
import { createLimit } from '../os/limit.js';
import { ACCESS_TOKEN_SECONDS } from '../registry/access-token.js';
import type { OwnRegistry } from '../registry/own-registry.js';
import { isImageTag, type Push } from '../registry/pushes.js';
import { addImage, type ImageRow, listImages, newestImage } from '../store/images.js';
import {
  beginRepository,
  databaseTime,
  noteGrant,
  type RepositoryName,
  repositoryState,
  type TaggedImage,
  takeOverTags,
} from '../store/push-grants.js';
import type { Store } from '../store/tables.js';

/** The registry accepts expired tokens for another minute, and clocks may differ by another. */
const OPEN_SECONDS = ACCESS_TOKEN_SECONDS + 120;
/** The official client shows this many as well. */
const MAX_LISTED = 50;
const MAX_REQUESTS_AT_ONCE = 8;

/**
 * The images that were pushed to the registry. The registry reports pushes, but reports may come late, or never if it
 * is killed. A repository that was opened for a push is therefore queried whenever its images matter, until no push can
 * be in progress anymore.
 */
export class PushedImages {
  readonly #store: Store;
  readonly #registry: OwnRegistry;
  readonly #checks = new JoinedLookups<void>();

  constructor(store: Store, registry: OwnRegistry) {
    this.#store = store;
    this.#registry = registry;
  }

  /**
   * Opens a repository for a push. Existing tags are recorded first, so that they are not attributed to this push.
   * @throws JamdevError `RegistryUnavailable`
   */
  async open({ account, service, actor }: RepositoryName & { actor: string }): Promise<void> {
    const name = { account, service };
    const { isKnown, isUncertain } = await repositoryState(this.#store, name, OPEN_SECONDS);
    if (!isKnown) await beginRepository(this.#store, { ...name, actor });
    if (!isKnown || isUncertain) await this.#check(name);
    await noteGrant(this.#store, { ...name, actor });
  }

  /** Records a push that the registry reported. */
  async note(push: Push): Promise<void> {
    await addImage(this.#store, push);
  }

  /** Returns the images of a service, newest push first. */
  async list(name: RepositoryName): Promise<ImageRow[]> {
    await this.#update(name);
    return (await listImages(this.#store, name.account, name.service)).slice(0, MAX_LISTED);
  }

  /** Returns the newest matching image. @param wanted a tag or digest; undefined for the latest push */
  async newest(name: RepositoryName, wanted?: string): Promise<ImageRow | undefined> {
    await this.#update(name);
    return newestImage(this.#store, { ...name, ...(wanted !== undefined && { name: wanted }) });
  }

  async #update(name: RepositoryName): Promise<void> {
    if (!(await repositoryState(this.#store, name, OPEN_SECONDS)).isUncertain) return;
    try {
      await this.#check(name);
    } catch (error) {
      // Known images can still be used; the next call queries the registry again.
      noteHandled('plane', `asking the registry for ${name.account}/${name.service}`, error);
    }
  }

  #check(name: RepositoryName): Promise<void> {
    return this.#checks.find(`${name.account}/${name.service}`, async () => {
      const since = await databaseTime(this.#store);
      await takeOverTags(this.#store, name, { tags: await this.#tagsOf(name), since });
    });
  }

  async #tagsOf({ account, service }: RepositoryName): Promise<TaggedImage[]> {
    const repository = `${account}/${service}`;
    const tags = (await this.#registry.listTags(repository)).filter(isImageTag);
    const limit = createLimit(MAX_REQUESTS_AT_ONCE);
    const found = await Promise.all(
      tags.map((tag) => limit(async () => ({ tag, digest: await this.#registry.findDigest(repository, tag) }))),
    );
    return found.flatMap(({ tag, digest }) => (digest === undefined ? [] : [{ tag, digest }]));
  }
}
