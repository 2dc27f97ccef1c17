import { allows, type Scope } from '../contract/accounts.js';
import { accessErrors } from '../contract/errors/access-errors.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { registryErrors } from '../contract/errors/registry-errors.js';
import { parseRepository } from '../registry/pushes.js';
import type { RegistryScope } from '../registry/scope.js';

/** The sender of a request for access to the registry. */
export type RegistryCaller =
  /** A client with an API token. */
  | { kind: 'account'; account: string; scopes: readonly Scope[]; actor: string }
  /** A drone's engine. */
  | { kind: 'pull'; repository: string }
  /** Anyone, while no token is needed yet. */
  | { kind: 'open' };

/** The part of the requested access that is granted. */
export interface Granted {
  access: RegistryScope[];
  /** Why a part was refused; undefined if everything is granted. */
  refusal: JamdevError | undefined;
}

/** The token scopes that allow an action. A push also reads existing layers, so `deploy` includes pulls. */
const ALLOWED_BY: Record<string, readonly Scope[]> = { pull: ['read', 'deploy'], push: ['deploy'] };

/**
 * Reduces the requested access to what the client is allowed. No client may list all repositories or delete anything.
 */
export function reduceScopes(caller: RegistryCaller, asked: readonly RegistryScope[]): Granted {
  const granted: Granted = { access: [], refusal: undefined };
  for (const scope of asked) {
    const actions = scope.actions.filter((action) => {
      const refusal = refuse(caller, scope, action);
      granted.refusal ??= refusal;
      return refusal === undefined;
    });
    if (actions.length > 0) granted.access.push({ ...scope, actions });
  }
  return granted;
}

/** Returns why an action is not allowed, or undefined if it is. */
function refuse(caller: RegistryCaller, { type, name }: RegistryScope, action: string): JamdevError | undefined {
  const what = `${type} ${name}`;
  const repository = type === 'repository' ? parseRepository(name) : undefined;
  const needed = ALLOWED_BY[action];
  if (repository === undefined || needed === undefined) {
    return registryErrors.scopeNotAllowed(what, action, caller.kind === 'account' ? caller.account : '');
  }
  if (caller.kind === 'open') return undefined;
  if (caller.kind === 'pull') {
    return caller.repository === name && action === 'pull' ? undefined : registryErrors.pullOnly(caller.repository);
  }
  const { account, scopes } = caller;
  if (repository.account !== account) return registryErrors.scopeNotAllowed(what, action, account);
  return needed.some((scope) => allows(scopes, scope)) ? undefined : accessErrors.scopeMissing(needed[0] ?? 'deploy');
}
