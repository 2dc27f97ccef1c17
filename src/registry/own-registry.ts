import { timingSafeEqual } from 'node:crypto';
import { parseImageReference } from '../contract/image-reference.js';
import { ACCESS_TOKEN_SECONDS, signAccessToken } from './access-token.js';
import { checkRegistry, findDigest, listTags, type RegistryAccess } from './distribution.js';
import { createPullCredential, type PullCredential, readPullCredential } from './pull-credential.js';
import type { RegistryScope } from './scope.js';
import { deriveSecret, type SigningKey } from './signing-key.js';

/** Who asks, for the registry's log, where `jamdev serve` asks itself. */
const SELF = 'jamdev-serve';

/** The registry that `jamdev serve` is the token service of: its images are in repositories ACCOUNT/SERVICE. */
export class OwnRegistry {
  /** As images are named after it: with its port. */
  readonly host: string;
  readonly #key: SigningKey;
  readonly #now: () => Date;
  readonly #access: RegistryAccess;

  /** @param url as drones, clients and this process reach it */
  constructor(url: string, key: SigningKey, now: () => Date) {
    this.host = new URL(url).host;
    this.#key = key;
    this.#now = now;
    this.#access = { host: this.host, url, authorize: (repository) => this.#authorize(repository) };
  }

  /** The full reference of an image of a service. */
  reference(account: string, service: string, digest: string): string {
    return `${this.host}/${account}/${service}@${digest}`;
  }

  /** The repository of an image that is in this registry; undefined for another. */
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

  /** Tries whether it answers, and trusts the signing key. @throws JamdevError `RegistryUnavailable` */
  check(): Promise<void> {
    return checkRegistry(this.#access);
  }

  pullCredential(repository: string): Promise<PullCredential> {
    return createPullCredential(this.#key, repository, this.#now());
  }

  /** @returns the repository that a credential pulls from; undefined for one that is wrong or has expired */
  readPullCredential(password: string): Promise<string | undefined> {
    return readPullCredential(this.#key, password, this.#now());
  }

  /** Grants access, in the form of a token service's answer. @param subject who gets it */
  async grant(subject: string, access: readonly RegistryScope[]) {
    const now = this.#now();
    const token = await signAccessToken(this.#key, { service: this.host, subject, access }, now);
    return { token, access_token: token, expires_in: ACCESS_TOKEN_SECONDS, issued_at: now.toISOString() };
  }

  /** Whether a request's `Authorization` is that of the registry's notifications. */
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

/** The `Authorization` by which the registry's notifications are known. */
export function notificationAuthorization(key: SigningKey): string {
  return `Bearer ${deriveSecret(key, 'notifications').toString('base64url')}`;
}
