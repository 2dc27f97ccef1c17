/** What a client asks of a registry: `repository:acme/doc:pull,push`. */
export interface RegistryScope {
  type: string;
  name: string;
  actions: string[];
}

/**
 * Reads the `scope` of a request for a token: each may hold several, with spaces between them. What is not a scope is left
 * out: it allows nothing. Neither is a name with characters that no repository has, a NUL among them.
 */
export function parseScopes(texts: readonly string[]): RegistryScope[] {
  return texts
    .flatMap((text) => text.split(' '))
    .flatMap((text) => {
      // The name may have a port, and with it colons.
      const [, type, name, actions] = /^([a-z]+)(?:\([a-z]+\))?:([\w./:-]+):([a-z*,]*)$/.exec(text) ?? [];
      if (type === undefined || name === undefined || actions === undefined) return [];
      return [{ type, name, actions: [...new Set(actions.split(',').filter((action) => action !== ''))] }];
    });
}
