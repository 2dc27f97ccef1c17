/** Where a registry wants a token from. */
export interface BearerChallenge {
  realm: URL;
  service: string | undefined;
  scope: string | undefined;
}

/** Reads the `WWW-Authenticate` of a registry. @returns undefined where no token of a token service is asked for */
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
