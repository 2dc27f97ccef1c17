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

/** The registry's token service, which gives each client access to its own repositories. */
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
   * Grants the allowed part of the requested access. Without scopes, the token only proves that the sender is
   * authenticated.
   * @throws JamdevError `Unauthorized`, `TooManyAttempts`, and if nothing of the request is allowed:
   *   `AccountNotAllowed`, `ScopeMissing`, `ServiceNotFound`, `RegistryUnavailable`
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
    // A partial refusal is left to the registry: docker also requests access to images to copy layers from, and works
    // without it.
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

  /** Opens the repository of a service for a push. @returns the error if this is not possible */
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

/** Returns the name for the registry's log, its notifications and the audit log. */
function actorOf(caller: RegistryCaller): string {
  if (caller.kind === 'account') return caller.actor;
  return caller.kind === 'pull' ? 'pull' : 'local';
}
