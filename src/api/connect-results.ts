import type { Response } from 'express';
import type { ConnectResponse } from '../contract/responses.js';
import type { Connected } from '../platform/control-plane.js';
import type { DevUrls } from './caller-urls.js';

/** Carries a remark on a connect. It is a header, since clients may check the body against a strict schema. */
const REMARK_HEADER = 'x-jamdev-remark';

/** Answers a connect: as {@link toConnectResponse}, and with its remark in the header `x-jamdev-remark`. */
export function answerConnect(response: Response, connected: Connected, urls: DevUrls): ConnectResponse {
  // Node.js refuses other characters in headers.
  const remark = connected.remark?.replace(/[^\x20-\x7e]/g, '?');
  if (remark !== undefined) response.setHeader(REMARK_HEADER, remark);
  return toConnectResponse(connected, urls);
}

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
