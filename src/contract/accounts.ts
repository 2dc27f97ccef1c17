/**
 * A DNS label that starts with a letter, like service names: it is part of paths, image names and namespaces of keys.
 */
export const ACCOUNT_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** What an API token may do; `admin` includes the others. */
export const SCOPES = ['read', 'connect', 'deploy', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whether scopes include the given one. */
export function allows(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.includes(needed) || scopes.includes('admin');
}
