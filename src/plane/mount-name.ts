import { createHash } from 'node:crypto';

/**
 * Returns the folder of a backend's mount below the drone's mount base. Plane joins the given path to that base without
 * checks, so the key `/etc` would mount the host's `/etc`; and with `true`, it uses the key's name regardless of the
 * service.
 * @param mount `true`: a folder per key; a string: a folder per path, which several keys can share
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
