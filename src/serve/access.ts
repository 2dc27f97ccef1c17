import type { Request } from 'express';
import type { EndpointScope } from '../api/endpoint.js';
import { ACCOUNT_NAME, allows } from '../contract/accounts.js';
import { accessErrors } from '../contract/errors/access-errors.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { BatchedLookups } from '../os/batched-lookups.js';
import type { Caller } from '../platform/control-plane.js';
import { type ApiToken, formatApiToken, parseApiToken } from '../store/api-token.js';
import { authenticate, hadTokens, type Caller as TokenOwner } from '../store/api-tokens.js';
import { findPublic } from '../store/backends.js';
import type { Store } from '../store/tables.js';
import type { FailedAttempts } from './failed-attempts.js';

/** The account of requests that specify none, used where no token is needed. */
const LOCAL_ACCOUNT = 'local';
/** The name that the official libraries' dev mode uses for the account. */
const ANY_ACCOUNT = '-';

/** The settings that control access. */
export interface AccessRules {
  /** Whether the API is reachable from this machine only. If so, it is open until a token is created. */
  isLoopback: boolean;
  /** The accounts that operate the cluster; undefined: all. */
  operators: readonly string[] | undefined;
}

/** Authenticates the sender of a request, and checks that the request is allowed. */
export class Access {
  readonly #store: Store;
  readonly #rules: AccessRules;
  readonly #failures: FailedAttempts;
  readonly #owners: BatchedLookups<ApiToken, TokenOwner | undefined>;

  constructor(store: Store, rules: AccessRules, failures: FailedAttempts) {
    this.#store = store;
    this.#rules = rules;
    this.#failures = failures;
    this.#owners = new BatchedLookups(formatApiToken, (tokens) => authenticate(store, tokens));
  }

  /**
   * Returns the sender of a request that is allowed to use an endpoint.
   * @param request with the parameters of its path
   * @throws JamdevError `Unauthorized`, `TooManyAttempts`, `AccountNotAllowed`, `ScopeMissing`, `DatabaseUnavailable`
   */
  async authorize(request: Request, scope: EndpointScope): Promise<Caller> {
    if (scope === 'public') return { account: '', actor: 'anyone' };
    const sent = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    const owner = await this.identify(request, sent);
    if (owner === undefined) return this.#openCaller(request);
    const { account, scopes, actor } = owner;
    const asked = accountIn(request);
    if (asked !== undefined && asked !== account) throw accessErrors.otherAccount(asked, account);
    const needed = scope === 'operator' ? 'admin' : scope;
    if (!allows(scopes, needed)) throw accessErrors.scopeMissing(needed);
    if (scope === 'operator') this.#checkOperator(account);
    return { account, actor };
  }

  /**
   * Finds the owner of an API token.
   * @param sent undefined if the request has no token
   * @param isOf whether the token's owner matches the account that the request claims to come from
   * @returns undefined if no token is needed
   * @throws JamdevError `Unauthorized`, `TooManyAttempts`, `DatabaseUnavailable`
   */
  async identify(
    { socket, headers }: Request,
    sent: string | undefined,
    isOf: (owner: TokenOwner) => boolean = () => true,
  ): Promise<TokenOwner | undefined> {
    const token = sent === undefined ? undefined : parseApiToken(sent);
    const owner = token && (await this.#owners.find(token));
    if (owner !== undefined && isOf(owner)) return owner;
    if (this.#rules.isLoopback && !(await hadTokens(this.#store))) return undefined;
    if (headers.authorization === undefined) throw accessErrors.apiTokenMissing();
    this.refuse(socket.remoteAddress ?? '');
  }

  /**
   * Counts wrong credentials. Behind a reverse proxy, all clients share one address. Clients with valid credentials
   * must not be blocked because of others, so this is called only after the credentials were checked.
   * @throws JamdevError `Unauthorized`, `TooManyAttempts`
   */
  refuse(address: string): never {
    this.#failures.check(address);
    this.#failures.add(address);
    throw accessErrors.apiTokenWrong();
  }

  /** @throws JamdevError `AccountNotAllowed` */
  #checkOperator(account: string): void {
    if (this.#rules.operators?.includes(account) === false) throw accessErrors.notAnOperator(account);
  }

  /**
   * Returns the caller where no token is needed: every account is open then. If the path contains a backend's id but no
   * account, the backend's account is used.
   */
  async #openCaller(request: Request): Promise<Caller> {
    const { id } = request.params;
    const backend = typeof id === 'string' ? await findPublic(this.#store, id) : undefined;
    const account = accountIn(request) ?? backend?.account ?? LOCAL_ACCOUNT;
    if (!ACCOUNT_NAME.test(account)) {
      throw requestErrors.invalidField('account', 'must be lowercase letters, digits and hyphens, a letter first');
    }
    return { account, actor: 'local' };
  }
}

/** Returns the account in a request's path, if the path specifies one. */
function accountIn({ params }: Request): string | undefined {
  const { account } = params;
  return typeof account !== 'string' || account === ANY_ACCOUNT ? undefined : account;
}
