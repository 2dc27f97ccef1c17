/** Labels by which jamdev knows its own containers and networks again. */
export const LABEL = {
  /** Absolute path of the project folder. */
  project: 'dev.jamdev.project',
  /** The random id of the project's state folder, which nobody else has: on an engine that several machines use. */
  state: 'dev.jamdev.state',
  /** The dev server that owns it. */
  run: 'dev.jamdev.run',
  service: 'dev.jamdev.service',
  key: 'dev.jamdev.key',
  backend: 'dev.jamdev.backend',
} as const;

/** The options that put labels on something: `--label name=value` for each. */
export function labelArguments(labels: Partial<Record<keyof typeof LABEL, string>>): string[] {
  return Object.entries(labels).flatMap(([name, value]) => [
    '--label',
    `${LABEL[name as keyof typeof LABEL]}=${value}`,
  ]);
}

/** @returns the name of a backend's container */
export function containerName(backendId: string): string {
  return `jamdev-${backendId}`;
}
