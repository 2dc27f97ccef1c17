import { timingSafeEqual } from 'node:crypto';
import { parseImageReference } from '../contract/image-reference.js';
import { ACCESS_TOKEN_SECONDS, signAccessToken } from './access-token.js';
import { checkRegistry, findDigest, listTags, type RegistryAccess } from './distribution.js';
import { createPullCredential, type PullCredential, readPullCredential } from './pull-credential.js';
import type { RegistryScope } from './scope.js';
import { deriveSecret, type SigningKey } from './signing-key.js';

/** Names `jamdev serve` in the registry's log when it accesses the registry for itself. */
const SELF = 'jamdev-serve';

/** The registry for which `jamdev serve` is the token service. Its images are in repositories named ACCOUNT/SERVICE. */
export class OwnRegistry {
  /** The host as in the names of images, with its port. */
  readonly host: string;
  readonly #key: SigningKey;
  readonly #now: () => Date;
  readonly #access: RegistryAccess;

  /** @param url the URL at which drones, clients and this process reach the registry */
  constructor(url: string, key: SigningKey, now: () => Date) {
    this.host = new URL(url).host;
    this.#key = key;
    this.#now = now;
    this.#access = { host: this.host, url, authorize: (repository) => this.#authorize(repository) };
  }

  /** Returns the full reference of a service's image. */
  reference(account: string, service: string, digest: string): string {
    return `${this.host}/${account}/${service}@${digest}`;
  }

  /** Returns the repository of an image; undefined if the image is in another registry. */
  repositoryOf(reference: string): string | undefined {
    const { host, repository } = parseImageReference(reference);
    return host === this.host ? repository : undefined;
  }

  /** @param name a tag or digest @throws JamdevError `RegistryUnavailable` */
  findDigest(repository: string, name: string): Promise<string | undefined> {
    return findDigest(this.#access, repository, name);
  }

  /** @throws JamdevError `RegistryUnavailable` */
  listTags(repository: string): Promise<string[]> {
    return listTags(this.#access, repository);
  }

  /** Checks that the registry responds and trusts the signing key. @throws JamdevError `RegistryUnavailable` */
  check(): Promise<void> {
    return checkRegistry(this.#access);
  }

  pullCredential(repository: string): Promise<PullCredential> {
    return createPullCredential(this.#key, repository, this.#now());
  }

  /** @returns the repository that a credential can pull from; undefined for a wrong or expired credential */
  readPullCredential(password: string): Promise<string | undefined> {
    return readPullCredential(this.#key, password, this.#now());
  }

  /** Grants access, in the form of a token service's response. @param subject the client that gets access */
  async grant(subject: string, access: readonly RegistryScope[]) {
    const now = this.#now();
    const token = await signAccessToken(this.#key, { service: this.host, subject, access }, now);
    return { token, access_token: token, expires_in: ACCESS_TOKEN_SECONDS, issued_at: now.toISOString() };
  }

  /** Whether a request's `Authorization` header proves that it is a notification from the registry. */
  isNotification(authorization: string | undefined): boolean {
    const expected = Buffer.from(notificationAuthorization(this.#key));
    const given = Buffer.from(authorization ?? '');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  async #authorize(repository: string): Promise<string> {
    const access = repository === '' ? [] : [{ type: 'repository', name: repository, actions: ['pull'] }];
    return `Bearer ${(await this.grant(SELF, access)).token}`;
  }
}

/** Returns the `Authorization` header that the registry sends with its notifications. */
export function notificationAuthorization(key: SigningKey): string {
  return `Bearer ${deriveSecret(key, 'notifications').toString('base64url')}`;
}
