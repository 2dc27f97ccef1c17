import { allows, type Scope } from '../contract/accounts.js';
import { accessErrors } from '../contract/errors/access-errors.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { registryErrors } from '../contract/errors/registry-errors.js';
import { parseRepository } from '../registry/pushes.js';
import type { RegistryScope } from '../registry/scope.js';

/** Who asks for access to the registry. */
export type RegistryCaller =
  /** With an API token. */
  | { kind: 'account'; account: string; scopes: readonly Scope[]; actor: string }
  /** A drone's engine. */
  | { kind: 'pull'; repository: string }
  /** Nobody needs a token yet. */
  | { kind: 'open' };

/** What a caller gets of what it asked for. */
export interface Granted {
  access: RegistryScope[];
  /** Why something is missing; undefined: nothing is. */
  refusal: JamdevError | undefined;
}

/** Which scopes of an API token allow an action; a push looks up what is there already, so it pulls as well. */
const ALLOWED_BY: Record<string, readonly Scope[]> = { pull: ['read', 'deploy'], push: ['deploy'] };

/** Reduces what a client asks for to what it may do. No one may list all repositories, or delete. */
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

/** Why an action is not allowed; undefined: it is. */
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
