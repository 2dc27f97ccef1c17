import type { ConnectResponse } from '../contract/responses.js';
import type { Connection } from '../platform/platform.js';
import type { TokenRoute } from '../platform/tokens.js';
import type { DevUrls } from './caller-urls.js';

/** The connection URL of a token. */
export function toConnectionUrl({ token }: TokenRoute, { proxy_url }: DevUrls): string {
  return `${proxy_url}/${token}/`;
}

/** The v2 connect response, dev style, keys in the platform's order. */
export function toConnectResponse({ backend, spawned, state, route }: Connection, urls: DevUrls): ConnectResponse {
  return {
    backend_id: backend.id,
    spawned,
    status: state.status,
    token: route.token,
    url: toConnectionUrl(route, urls),
    secret_token: route.secretToken ?? null,
    status_url: `${urls.api_url}/v2/backend/${backend.id}/status`,
    ready_url: `${urls.api_url}/ready/${backend.id}/${route.token}/`,
  };
}
