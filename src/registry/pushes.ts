import { z } from 'zod';

/** Manifests that describe another one, such as a signature, are pushed under such tags: they are no images to run. */
const REFERRER_TAG = /^sha256-[0-9a-f]{64}/;

/** A notification of the registry, as far as it is needed. */
export const notificationSchema = z
  .object({
    events: z.array(
      z.object({
        id: z.string(),
        action: z.string(),
        timestamp: z.string().optional(),
        target: z
          .object({ repository: z.string().optional(), digest: z.string().optional(), tag: z.string().optional() })
          .optional(),
        actor: z.object({ name: z.string().optional() }).nullish(),
      }),
    ),
  })
  .meta({ id: 'RegistryNotification' });

/** An image that was pushed to the repository of a service. */
export interface Push {
  eventId: string;
  account: string;
  service: string;
  tag: string;
  digest: string;
  pushedAt: Date;
  /** Whose token it was pushed with. */
  actor: string;
}

/** Whether a tag names an image that can run. */
export function isImageTag(tag: string): boolean {
  return !REFERRER_TAG.test(tag);
}

/** Takes a repository's name apart. @returns undefined for one that is of no service */
export function parseRepository(name: string): { account: string; service: string } | undefined {
  const [account, service, ...more] = name.split('/');
  return account === undefined || service === undefined || more.length > 0 ? undefined : { account, service };
}

/**
 * The images that a notification tells of. Manifests without a tag are parts of an image for several platforms, which is
 * pushed after them, under a tag.
 * @param now for events that tell no time, or none that can be read
 */
export function pushesIn({ events }: z.infer<typeof notificationSchema>, now: Date): Push[] {
  return events.flatMap(({ id, action, timestamp, target, actor }) => {
    const repository = parseRepository(target?.repository ?? '');
    const { tag, digest } = target ?? {};
    if (action !== 'push' || repository === undefined || digest === undefined) return [];
    if (tag === undefined || tag === '' || !isImageTag(tag)) return [];
    const pushedAt = Number.isNaN(Date.parse(timestamp ?? '')) ? now : new Date(timestamp ?? '');
    return [{ eventId: id, ...repository, tag, digest, pushedAt, actor: actor?.name ?? 'registry' }];
  });
}
