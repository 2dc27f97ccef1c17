import type { Request } from 'express';
import { ACCOUNT_NAME } from '../contract/accounts.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { registryErrors } from '../contract/errors/registry-errors.js';
import type { ClusterRegistry } from '../plane/service-images.js';
import type { ControlPlane } from '../platform/control-plane.js';
import { PULL_USER } from '../registry/pull-credential.js';
import { parseRepository } from '../registry/pushes.js';
import type { RegistryScope } from '../registry/scope.js';
import type { Access } from './access.js';
import { parseBasic } from './basic-credentials.js';
import { type RegistryCaller, reduceScopes } from './registry-grants.js';

/** The token service of the registry: gives each client access to what is its own. */
export class RegistryTokenService {
  readonly #access: Access;
  readonly #own: ClusterRegistry;
  readonly #controlPlane: ControlPlane;

  constructor(access: Access, own: ClusterRegistry, controlPlane: ControlPlane) {
    this.#access = access;
    this.#own = own;
    this.#controlPlane = controlPlane;
  }

  /**
   * Grants what the sender of a request may do of what it asks for; with no scopes, only that it is known.
   * @throws JamdevError `Unauthorized`, `TooManyAttempts`, and where it may do nothing of it: `AccountNotAllowed`,
   *   `ScopeMissing`, `ServiceNotFound`, `RegistryUnavailable`
   */
  async issue(request: Request, asked: readonly RegistryScope[]) {
    const caller = await this.#identify(request);
    const { access, refusal } = reduceScopes(caller, asked);
    const actor = actorOf(caller);
    const failures: JamdevError[] = [];
    const opened: RegistryScope[] = [];
    for (const scope of access) {
      const failure = scope.actions.includes('push') ? await this.#open(scope, actor) : undefined;
      if (failure === undefined) opened.push(scope);
      else failures.push(failure);
    }
    // What is missing of several is left to the registry: docker asks for images to copy from as well, and does without.
    const [failure = refusal] = failures;
    if (opened.length === 0 && failure !== undefined) throw failure;
    return this.#own.registry.grant(actor, opened);
  }

  async #identify(request: Request): Promise<RegistryCaller> {
    const { authorization } = request.headers;
    const basic = parseBasic(authorization);
    if (basic?.username === PULL_USER) {
      const repository = await this.#own.registry.readPullCredential(basic.password);
      if (repository === undefined) this.#access.refuse(request.socket.remoteAddress ?? '');
      return { kind: 'pull', repository };
    }
    const owner = await this.#access
      .identify(request, basic?.password, ({ account }) => account === basic?.username)
      .catch((error: unknown) => {
        throw authorization === undefined && error instanceof JamdevError && error.code === 'Unauthorized'
          ? registryErrors.credentialMissing()
          : error;
      });
    return owner === undefined ? { kind: 'open' } : { kind: 'account', ...owner };
  }

  /** Opens the repository of a service for a push. @returns why that can't be */
  async #open({ name }: RegistryScope, actor: string): Promise<JamdevError | undefined> {
    const { account = '', service = '' } = parseRepository(name) ?? {};
    try {
      if (!ACCOUNT_NAME.test(account)) return registryErrors.scopeNotAllowed(`repository ${name}`, 'push to', '');
      await this.#controlPlane.account({ account, actor }).service(service);
      await this.#own.pushed.open({ account, service, actor });
      return undefined;
    } catch (error) {
      if (error instanceof JamdevError) return error;
      throw error;
    }
  }
}

/** As the registry's log, its notifications and the audit name them. */
function actorOf(caller: RegistryCaller): string {
  if (caller.kind === 'account') return caller.actor;
  return caller.kind === 'pull' ? 'pull' : 'local';
}
