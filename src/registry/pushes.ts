import { z } from 'zod';

/**
 * Manifests that describe another manifest, such as signatures, are pushed under tags like this one. They are not runnable
 * images.
 */
const REFERRER_TAG = /^sha256-[0-9a-f]{64}/;

/** A notification from the registry, reduced to the fields that jamdev reads. */
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

/** An image that was pushed to a service's repository. */
export interface Push {
  eventId: string;
  account: string;
  service: string;
  tag: string;
  digest: string;
  pushedAt: Date;
  /** Owner of the token that was used for the push. */
  actor: string;
}

/** Whether a tag names an image that can run. */
export function isImageTag(tag: string): boolean {
  return !REFERRER_TAG.test(tag);
}

/** Splits a repository name into account and service. @returns undefined if it does not belong to a service */
export function parseRepository(name: string): { account: string; service: string } | undefined {
  const [account, service, ...more] = name.split('/');
  return account === undefined || service === undefined || more.length > 0 ? undefined : { account, service };
}

/**
 * Returns the images that a notification reports as pushed. A manifest without a tag is part of a multi-platform image,
 * which is pushed after it, under a tag.
 * @param now the time for events without a readable timestamp
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
