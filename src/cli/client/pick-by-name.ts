import { findByName, type NamedBackend } from '../../contract/backend-name.js';
import type { DevBackend } from '../../contract/dev-endpoints.js';
import { backendErrors } from '../../contract/errors/backend-errors.js';

/** A backend as its dev server reports it, and the project of that dev server if there are several. */
interface Placed {
  backend: DevBackend;
  project?: string;
}

/** Returns all backends that match a name; see {@link findByName}. */
export function listByName<T>(name: string, all: readonly T[], place: (each: T) => Placed): T[] {
  return findByName(name, all, (each) => toNamed(place(each).backend));
}

/**
 * Returns the only backend that matches a name.
 * @throws JamdevError if there is none, or several hold the key
 */
export function pickByName<T>(name: string, all: readonly T[], place: (each: T) => Placed): T {
  const found = listByName(name, all, place);
  const [first] = found;
  if (first === undefined) throw backendErrors.noBackendFor(name);
  if (found.length === 1) return first;
  const holders = found.map(place).map(({ backend: { id, service }, project }) => ({ id, service, project }));
  throw backendErrors.ambiguousName(name, holders);
}

function toNamed({ id, service, key, status, created_at }: DevBackend): NamedBackend {
  return { id, service, key, isRunning: status.status !== 'terminated', createdAt: created_at };
}
