/** The access that a client requests from a registry, such as `repository:acme/doc:pull,push`. */
export interface RegistryScope {
  type: string;
  name: string;
  actions: string[];
}

/**
 * Parses the `scope` parameters of a token request; each may hold several scopes, separated by spaces. Text that is not a
 * scope is left out and grants nothing. That includes names with characters that no repository name has, such as NUL.
 */
export function parseScopes(texts: readonly string[]): RegistryScope[] {
  return texts
    .flatMap((text) => text.split(' '))
    .flatMap((text) => {
      // The name may include a port, and therefore colons.
      const [, type, name, actions] = /^([a-z]+)(?:\([a-z]+\))?:([\w./:-]+):([a-z*,]*)$/.exec(text) ?? [];
      if (type === undefined || name === undefined || actions === undefined) return [];
      return [{ type, name, actions: [...new Set(actions.split(',').filter((action) => action !== ''))] }];
    });
}
