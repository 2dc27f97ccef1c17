/** What a name can stand for. */
export interface NamedBackend {
  id: string;
  service: string;
  key: string;
  isRunning: boolean;
  /** ISO 8601 in UTC. */
  createdAt: string;
}

/**
 * Finds the backends that a person means by a name: the one with exactly this id, else those with exactly this key,
 * else, as keys may contain slashes, those with the key after SERVICE/. Of those with the key, the running ones hold
 * it; if none does, it is the newest that did.
 * @param describe says what the name is compared with
 * @returns empty: there is none; more than one: the key is held in several services or projects
 */
export function findByName<T>(name: string, all: readonly T[], describe: (each: T) => NamedBackend): T[] {
  const described = all.map((each) => ({ each, ...describe(each) }));
  const byId = described.find(({ id }) => id === name);
  if (byId !== undefined) return [byId.each];
  const byKey = described.filter(({ key }) => key === name);
  const named = byKey.length > 0 ? byKey : described.filter(({ service, key }) => `${service}/${key}` === name);
  const holders = named.filter(({ isRunning }) => isRunning);
  const newest = named.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt)).slice(-1);
  return (holders.length > 0 ? holders : newest).map(({ each }) => each);
}
