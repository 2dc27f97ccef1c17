import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { noteHandled } from '../../os/debug/debug-log.js';
import { readRegularFile } from '../../os/regular-file.js';
import { clientErrors } from './client-errors.js';

/** What the official command line client writes at `jamsocket login`. */
const loginSchema = z.union([
  z.object({ api_token: z.object({ token: z.string() }) }).transform(({ api_token }) => api_token.token),
  z.object({ user_session: z.object({ token: z.string() }) }).transform(({ user_session }) => user_session.token),
]);

/**
 * Finds the API token that a command sends: JAMDEV_TOKEN, else the one that the official client has logged in with.
 * @throws JamdevError `Unauthorized` when there is none
 */
export async function findApiToken({ JAMDEV_TOKEN: given }: NodeJS.ProcessEnv): Promise<string> {
  if (given !== undefined && given !== '') return given;
  const path = join(homedir(), '.jamsocket', 'config.json');
  try {
    return loginSchema.parse(JSON.parse(await readRegularFile(path)));
  } catch (error) {
    noteHandled('cli', 'reading the login of the official client', error);
    throw clientErrors.apiTokenUnset(path);
  }
}
