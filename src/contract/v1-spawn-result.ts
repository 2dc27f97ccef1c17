import type { ConnectResponse, V1SpawnResult } from './responses.js';
import { V1_OF_LIVE_STATUS } from './statuses.js';

/**
 * Converts a v2 answer to the v1 dev-style spawn result: exactly these keys, in this order. A connect request never
 * returns a backend that has ended.
 */
export function toV1SpawnResult(response: ConnectResponse): V1SpawnResult {
  return {
    name: response.backend_id,
    spawned: response.spawned,
    url: response.url,
    status_url: response.status_url.replace(/\/v2(\/backend\/[^/]+\/status)$/, '$1'),
    ready_url: '',
    status: response.status === 'terminated' ? 'Terminated' : V1_OF_LIVE_STATUS[response.status],
  };
}
