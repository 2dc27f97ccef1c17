import { request } from 'node:http';
import { pause } from '../os/clock.js';
import type { Address } from './runtime.js';

const SHORTEST_PAUSE_MS = 3;
const LONGEST_PAUSE_MS = 200;
/** The pause grows with the wait, so that a slow start costs little and a fast one is seen at once. */
const PAUSE_PER_WAITED = 0.04;
/** How long one `HEAD /` may take. A backend may do its slow start-up work on the first request. */
const ANSWER_TIMEOUT_MS = 30_000;

/**
 * Asks `HEAD /` until anything answers in HTTP, whatever the status (platform contract, "Lifecycle").
 * @param addresses all are asked; the first to answer wins
 * @returns the address that answered
 * @throws the signal's reason when it aborts
 */
export async function waitUntilReady(addresses: readonly Address[], signal: AbortSignal): Promise<Address> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  try {
    return await Promise.any(addresses.map((address) => askUntilAnswered(address, either)));
  } catch {
    throw signal.reason;
  } finally {
    settled.abort();
  }
}

async function askUntilAnswered(address: Address, signal: AbortSignal): Promise<Address> {
  const startedAt = performance.now();
  while (!signal.aborted) {
    if (await answersHttp(address, signal)) return address;
    const waited = performance.now() - startedAt;
    await pause(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waited * PAUSE_PER_WAITED)), signal);
  }
  throw signal.reason;
}

function answersHttp({ host, port }: Address, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const head = request({
      host,
      port,
      path: '/',
      method: 'HEAD',
      agent: false,
      signal,
      timeout: ANSWER_TIMEOUT_MS,
      headers: { 'user-agent': 'jamdev-readiness', connection: 'close' },
    });
    head.once('response', (response) => {
      response.resume();
      resolve(true);
      head.destroy();
    });
    head.once('timeout', () => head.destroy());
    head.on('error', () => resolve(false));
    head.once('close', () => resolve(false));
    head.end();
  });
}
