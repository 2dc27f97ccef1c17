import { homedir } from 'node:os';
import { join } from 'node:path';

/** Returns the path of the official client's login file. */
export function loginPath(): string {
  return join(homedir(), '.jamsocket', 'config.json');
}
