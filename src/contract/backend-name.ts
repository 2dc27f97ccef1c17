/** A backend that a name can match. */
export interface NamedBackend {
  id: string;
  service: string;
  key: string;
  isRunning: boolean;
  /** ISO 8601 in UTC. */
  createdAt: string;
}

/**
 * Finds the backends that a name refers to: the backend with exactly this id; otherwise those with exactly this key;
 * otherwise those whose key follows SERVICE/, since keys may contain slashes. Among backends with the key, the running
 * ones hold it; if none is running, the newest one is returned.
 * @param describe returns the properties to compare with the name
 * @returns empty if there is none; more than one if the key is held in several services or projects
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
