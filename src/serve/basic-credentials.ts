/** A user name and a password, as `docker login` sends them. */
export interface BasicCredentials {
  username: string;
  password: string;
}

/** Parses an `Authorization` header with the Basic scheme. @returns undefined for any other scheme */
export function parseBasic(authorization: string | undefined): BasicCredentials | undefined {
  const [, encoded = ''] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization ?? '') ?? [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
