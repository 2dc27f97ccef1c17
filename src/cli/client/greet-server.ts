import type { DevInfo, ServeInfo } from '../../contract/dev-endpoints.js';
import { DEV_PREFIX } from '../../contract/dev-prefix.js';
import { ApiClient } from './api-client.js';
import { howToStartAt } from './api-url.js';
import { clientErrors } from './client-errors.js';
import { type ApiFailures, HttpApi } from './http-api.js';
import { describeHolder, type KnownServer } from './known-server.js';
import { loginPath } from './login-path.js';
import { serveFailures } from './serve-failures.js';

/** How long a server may take to identify itself. Later requests have no limit. */
const HELLO_MS = 5_000;
/** A longer answer is from neither a dev server nor `jamdev serve`. */
const MAX_HELLO_BYTES = 64 * 1024;

/**
 * Asks a server to identify itself, so that no command waits for a process that is suspended, hangs, or is neither a
 * dev server nor `jamdev serve`. The token is sent only to `jamdev serve`.
 * @returns a client for the command
 * @throws JamdevError `DevServerUnreachable` with the URL, the process, its folder, and what to do, or
 *   `ServeUnreachable`
 */
export async function greetServer(known: KnownServer, signal: AbortSignal, helloMs = HELLO_MS): Promise<ApiClient> {
  const { apiUrl, record } = known;
  const address = record === undefined ? undefined : addressOf(apiUrl);
  const late = AbortSignal.timeout(helloMs);
  const who = record === undefined ? '' : describeHolder(record.pid, record.project);
  const failures = failuresOf(apiUrl, who);
  let hello: DevInfo | ServeInfo;
  try {
    hello = await askWho(new HttpApi(apiUrl, AbortSignal.any([signal, late]), failures, { address }), failures);
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    const silence = `no answer within ${helloMs / 1000} s`;
    if (apiUrl.startsWith('https:')) throw failures.unreachable(silence);
    // Loaded only when something is wrong.
    const { explainSilence } = await import('./explain-silence.js');
    throw await explainSilence(known, silence);
  }
  if (!('kind' in hello)) {
    return new ApiClient(new HttpApi(apiUrl, signal, failures, { address }), {
      kind: 'dev',
      stateFolder: hello.state_folder,
    });
  }
  // The dev server has just exited and another program took its port. It must not get the token.
  if (record !== undefined) throw failures.notTheApi('its answer is that of jamdev serve');
  const { findLogin } = await import('./api-token.js');
  const { token, account } = await findLogin(process.env);
  const http = new HttpApi(apiUrl, signal, serveFailures(apiUrl, loginPath()), { token });
  return new ApiClient(http, { kind: 'serve', url: apiUrl, account });
}

/** Returns an address on which a dev server on this machine always listens if it is reached as `localhost`. */
function addressOf(apiUrl: string): string | undefined {
  return apiUrl.startsWith('http://localhost:') ? '127.0.0.1' : undefined;
}

/** Creates a client for a dev server that has already identified itself. */
export function devClient(apiUrl: string, signal: AbortSignal): ApiClient {
  return new ApiClient(new HttpApi(apiUrl, signal, devFailures(apiUrl, '')), { kind: 'dev' });
}

async function askWho(http: HttpApi, failures: ApiFailures): Promise<DevInfo | ServeInfo> {
  const info = await http.json<Partial<DevInfo & ServeInfo> | null>(
    'GET',
    `${DEV_PREFIX}/info`,
    undefined,
    MAX_HELLO_BYTES,
  );
  const isServe = info?.kind === 'serve' && typeof info.cluster === 'string';
  if (!isServe && (typeof info?.run_id !== 'string' || typeof info.pid !== 'number')) {
    throw failures.notTheApi('its answer is not that of a dev server or of jamdev serve');
  }
  return info as DevInfo | ServeInfo;
}

/** Words the failures for the server that the user expects: with https or a token, that is `jamdev serve`. */
function failuresOf(apiUrl: string, who: string): ApiFailures {
  const isServe = apiUrl.startsWith('https:') || (who === '' && (process.env.JAMDEV_TOKEN ?? '') !== '');
  return isServe ? serveFailures(apiUrl, loginPath()) : devFailures(apiUrl, who);
}

function devFailures(apiUrl: string, who: string): ApiFailures {
  return {
    unreachable: (detail) => clientErrors.devServerUnreachable(apiUrl, detail, who, howToStartAt(apiUrl)),
    notTheApi: (detail) => clientErrors.notADevServer(apiUrl, detail, who),
  };
}
