/** Labels that identify jamdev's own containers and networks. */
export const LABEL = {
  /** Absolute path of the project folder. */
  project: 'dev.jamdev.project',
  /** The random id of the project's state folder, which distinguishes machines that share an engine. */
  state: 'dev.jamdev.state',
  /** The person who runs the dev server, shown to others who share an engine: USER@HOST. */
  owner: 'dev.jamdev.owner',
  /** The run id of the dev server that owns the object. */
  run: 'dev.jamdev.run',
  service: 'dev.jamdev.service',
  key: 'dev.jamdev.key',
  backend: 'dev.jamdev.backend',
  /** Used in place of key and backend: the container was started ahead of time, and labels can't be changed later. */
  slot: 'dev.jamdev.slot',
} as const;

export type Labels = Partial<Record<keyof typeof LABEL, string>>;

/** Converts labels to their full names. */
export function labelsOf(labels: Labels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [LABEL[name as keyof Labels], value]));
}

/** Returns the name of a backend's container. */
export function containerName(backendId: string): string {
  return `jamdev-${backendId}`;
}
