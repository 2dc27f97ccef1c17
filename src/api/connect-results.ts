import type { Response } from 'express';
import type { ConnectResponse } from '../contract/responses.js';
import type { Connected } from '../platform/control-plane.js';
import type { DevUrls } from './caller-urls.js';

/** Sends the remark on a connect. It is a header because clients may validate the body against a strict schema. */
const REMARK_HEADER = 'x-jamdev-remark';

/** Answers a connect like {@link toConnectResponse}, and sends its remark in the header `x-jamdev-remark`. */
export function answerConnect(response: Response, connected: Connected, urls: DevUrls): ConnectResponse {
  // Node.js refuses other characters in headers.
  const remark = connected.remark?.replace(/[^\x20-\x7e]/g, '?');
  if (remark !== undefined) response.setHeader(REMARK_HEADER, remark);
  return toConnectResponse(connected, urls);
}

/** Makes the v2 connect response, dev style, with its keys in the platform's order. */
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
