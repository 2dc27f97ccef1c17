import { runDocker } from '../runtime/docker/docker-cli.js';

/** An image of the local engine that a person tagged. */
export interface LocalImage {
  repository: string;
  tag: string;
  /** Its id. */
  digest: string;
  since: Date;
}

/** What the engine allows in the name of a repository. */
const REPOSITORY = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;
/** A reference to an image of whatever name: `repository:tag`, `repository@digest`, or an id. */
const REFERENCE = /^[\w][\w.\-/]*(?::\d+\/[\w.\-/]+)?(?::[\w][\w.-]*)?(?:@?sha256:[0-9a-f]{64})?$/;
const FORMAT = '{{.ID}}\t{{.Repository}}\t{{.Tag}}\t{{.CreatedAt}}';

/**
 * Finds the images of the local engine that are meant for a service: those tagged `SERVICE:TAG` by hand, and those that
 * `jamsocket push` has tagged for jamdev's own address.
 * @param named also an image of another name, if this is its whole reference: `repository:tag` or an id
 */
export async function findLocalImages(service: string, named?: string): Promise<LocalImage[]> {
  const [tagged, other] = await Promise.all([listTagged(service), named === undefined ? [] : findByReference(named)]);
  return [...tagged, ...other];
}

async function listTagged(service: string): Promise<LocalImage[]> {
  if (!REPOSITORY.test(service)) return [];
  const filters = [service, `localhost:*/*/${service}`].flatMap((name) => ['--filter', `reference=${name}`]);
  const { ok, stdout } = await runDocker(['image', 'ls', '--no-trunc', '--format', FORMAT, ...filters]);
  if (!ok) return [];
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [digest = '', repository = '', tag = '', created = ''] = line.split('\t');
      return { repository, tag, digest, since: parseTime(created) };
    });
}

async function findByReference(reference: string): Promise<LocalImage[]> {
  // A plain word is a tag of the service's own, not the name of some other image.
  if (!/[:/]/.test(reference) || !REFERENCE.test(reference)) return [];
  const { ok, stdout } = await runDocker(['image', 'inspect', '--format', '{{.Id}}\t{{.Created}}', reference]);
  const [digest = '', created = ''] = stdout.trim().split('\t');
  if (!ok || digest === '') return [];
  return [{ repository: reference, tag: reference, digest, since: parseTime(created) }];
}

/** The client prints `2026-11-22 09:27:18 +0000 UTC`. */
function parseTime(text: string): Date {
  const time = new Date(text.replace(/^(\S+) (\S+) ([+-]\d\d)(\d\d).*$/, '$1T$2$3:$4'));
  return Number.isNaN(time.getTime()) ? new Date(0) : time;
}
