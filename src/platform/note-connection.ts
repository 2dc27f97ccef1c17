import type { ConnectParams } from '../contract/requests.js';
import { noteDecision } from '../os/debug/debug-log.js';
import type { Backend } from './backend.js';

/** Logs at debug level which backend a connect request got. @param holder the previous holder of the key, if any */
export function noteConnection({ key }: ConnectParams, holder: Backend | undefined, backend: Backend): void {
  noteDecision('platform', () => {
    const how = holder === undefined ? `spawned ${backend.id}` : `found ${backend.id} (${backend.state.status})`;
    const asked = key === undefined ? 'no key' : `key ${key}`;
    return `connect to ${backend.identity.service.name} with ${asked}: ${how}`;
  });
}
