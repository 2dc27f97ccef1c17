/** Labels by which jamdev recognizes its own containers and networks. */
export const LABEL = {
  /** Absolute path of the project folder. */
  project: 'dev.jamdev.project',
  /** The random id of the project's state folder: it tells machines apart that share an engine. */
  state: 'dev.jamdev.state',
  /** Who runs the dev server, as USER@HOST: for people who share an engine. */
  owner: 'dev.jamdev.owner',
  /** The dev server that owns it. */
  run: 'dev.jamdev.run',
  service: 'dev.jamdev.service',
  key: 'dev.jamdev.key',
  backend: 'dev.jamdev.backend',
  /** In place of key and backend: the container was started ahead of time, and labels can't be changed later. */
  slot: 'dev.jamdev.slot',
} as const;

export type Labels = Partial<Record<keyof typeof LABEL, string>>;

/** Returns labels by their full names. */
export function labelsOf(labels: Labels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [LABEL[name as keyof Labels], value]));
}

/** Returns the name of a backend's container. */
export function containerName(backendId: string): string {
  return `jamdev-${backendId}`;
}
