import { readFileSync } from 'node:fs';

/** What jamdev's own package.json says of it. */
export interface OwnPackage {
  version: string;
  /** The Node.js that it needs, as `>=20.19`. */
  engines: { node: string };
}

/** Reads jamdev's own package.json, which is part of what npm installs. */
export function readOwnPackage(): OwnPackage {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
}
