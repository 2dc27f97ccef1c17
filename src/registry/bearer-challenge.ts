/** The token service that a registry sends its clients to. */
export interface BearerChallenge {
  realm: URL;
  service: string | undefined;
  scope: string | undefined;
}

/** Reads a registry's `WWW-Authenticate` header. @returns undefined if it does not ask for a bearer token */
export function parseChallenge(header: string | null): BearerChallenge | undefined {
  const [, parameters] = /^Bearer\s+(.*)$/i.exec(header ?? '') ?? [];
  if (parameters === undefined) return undefined;
  const values = new Map(
    [...parameters.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  );
  const realm = values.get('realm') ?? '';
  if (!URL.canParse(realm)) return undefined;
  return { realm: new URL(realm), service: values.get('service'), scope: values.get('scope') };
}
