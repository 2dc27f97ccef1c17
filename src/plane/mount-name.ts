import { createHash } from 'node:crypto';

/**
 * The folder below a drone's mount base for a backend's mount. Plane joins what it is given to that base unchecked, so
 * that the key `/etc` would mount the host's; and a mount of `true` is the key's name, whichever service it is of.
 * @param mount `true`: by the key; a string: by that path, which several keys can share
 * @returns undefined for a backend without a mount
 */
export function mountName(
  { account, service, key }: { account: string; service: string; key: string },
  mount: string | boolean | undefined,
): string | undefined {
  if (mount === undefined || mount === false) return undefined;
  const hash = createHash('sha256')
    .update(mount === true ? key : mount)
    .digest('hex');
  return `${account}/${service}/${hash}`;
}
