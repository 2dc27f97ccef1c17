import { z } from 'zod';
import { noteHandled } from '../../os/debug/debug-log.js';
import { readRegularFile } from '../../os/regular-file.js';
import { ANY_ACCOUNT } from './api-client.js';
import { clientErrors } from './client-errors.js';
import { loginPath } from './login-path.js';

/** The credentials that a command sends. */
export interface ApiLogin {
  /** Undefined if none was found. */
  token: string | undefined;
  /** `-` stands for the account of the token. */
  account: string;
}

/** The login file of the official command-line client (`jamsocket login`). */
const loginSchema = z.union([
  z.object({ api_token: z.object({ token: z.string(), account: z.string().optional() }) }),
  z.object({ user_session: z.object({ token: z.string() }) }),
]);

/**
 * Finds the API token for a command and its account: JAMDEV_TOKEN, otherwise the login of the official client with the
 * account selected there.
 */
export async function findLogin({ JAMDEV_TOKEN: given }: NodeJS.ProcessEnv): Promise<ApiLogin> {
  if (given !== undefined && given !== '') return { token: given, account: ANY_ACCOUNT };
  try {
    const login = loginSchema.parse(JSON.parse(await readRegularFile(loginPath())));
    if ('user_session' in login) return { token: login.user_session.token, account: ANY_ACCOUNT };
    const { token, account = ANY_ACCOUNT } = login.api_token;
    return { token, account };
  } catch (error) {
    noteHandled('cli', 'reading the login of the official client', error);
    return { token: undefined, account: ANY_ACCOUNT };
  }
}

/** Finds the API token for a command. @throws JamdevError `Unauthorized` if there is none */
export async function findApiToken(env: NodeJS.ProcessEnv): Promise<string> {
  const { token } = await findLogin(env);
  if (token === undefined) throw clientErrors.apiTokenUnset(loginPath());
  return token;
}
