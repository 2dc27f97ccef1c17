import type { ConnectResponse } from '../contract/responses.js';
import type { Connected } from '../platform/control-plane.js';
import type { DevUrls } from './caller-urls.js';

/** The v2 connect response, dev style, keys in the platform's order. */
export function toConnectResponse(connected: Connected, { api_url, proxy_url }: DevUrls): ConnectResponse {
  const { backendId, spawned, status, token, secretToken, connectionUrl } = connected;
  return {
    backend_id: backendId,
    spawned,
    status,
    token,
    url: connectionUrl(proxy_url),
    secret_token: secretToken ?? null,
    status_url: `${api_url}/v2/backend/${backendId}/status`,
    ready_url: `${api_url}/ready/${backendId}/${token}/`,
  };
}
