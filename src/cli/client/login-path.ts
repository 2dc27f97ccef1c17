import { homedir } from 'node:os';
import { join } from 'node:path';

/** The file of the official client's login. */
export function loginPath(): string {
  return join(homedir(), '.jamsocket', 'config.json');
}
