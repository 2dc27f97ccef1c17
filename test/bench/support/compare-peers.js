import { randomUUID } from 'node:crypto';
import { getOnce } from './get-once.js';
import { alternate } from './statistics.js';

/** How many sessions start at once in measurements of several. */
export const AT_ONCE = 20;
/** The key of the session under load. */
export const KEY = 'bench';

/**
 * What connects and proxies, to be compared with another.
 * @typedef {object} Peer
 * @property {number} apiPort
 * @property {number} proxyPort
 * @property {Pick<import('./jamdev.js').Api, 'connect' | 'connectRequest' | 'kill' | 'isFree' | 'headers'>} api
 */
/** @typedef {Omit<import('./row.js').Row, 'against'>} ComparedRow */

/**
 * From a connect request to the first answer through the connection URL.
 * @param {Peer} jamdev
 * @param {Peer} peer
 * @returns {Promise<ComparedRow[]>}
 */
export async function firstAnswers(jamdev, peer) {
  /** @param {Peer} of @param {number} count of new keys at once */
  const newKeys = async ({ api, proxyPort }, count) => {
    const keys = Array.from({ length: count }, () => randomUUID());
    const startedAtMs = performance.now();
    const ids = await Promise.all(keys.map((key) => connectAndGet(api, proxyPort, key)));
    const ms = performance.now() - startedAtMs;
    await Promise.all(ids.map((id) => api.kill(id)));
    return ms;
  };
  /** @param {Peer} of */
  const heldKey = async ({ api, proxyPort }) => {
    const startedAtMs = performance.now();
    await connectAndGet(api, proxyPort, KEY);
    return performance.now() - startedAtMs;
  };
  const one = { warmUp: 2, counted: 11 };
  const several = { warmUp: 1, counted: 3 };
  const held = { warmUp: 5, counted: 101 };
  return [
    {
      what: 'connect to first answer, new key',
      unit: 'ms',
      ...(await alternate(
        one,
        () => newKeys(jamdev, 1),
        () => newKeys(peer, 1),
      )),
    },
    {
      what: `the same, ${AT_ONCE} new keys at once`,
      unit: 'ms',
      ...(await alternate(
        several,
        () => newKeys(jamdev, AT_ONCE),
        () => newKeys(peer, AT_ONCE),
      )),
    },
    {
      what: 'connect to first answer, held key',
      unit: 'ms',
      ...(await alternate(
        held,
        () => heldKey(jamdev),
        () => heldKey(peer),
      )),
    },
  ];
}

/**
 * From the request to end a container by force until it is terminated and its key is free.
 * @param {Peer} jamdev
 * @param {Peer} peer
 * @returns {Promise<ComparedRow>}
 */
export async function hardTerminations(jamdev, peer) {
  /** @param {Peer} of */
  const terminate = async ({ api, proxyPort }) => {
    const key = randomUUID();
    const id = await connectAndGet(api, proxyPort, key);
    const startedAtMs = performance.now();
    await api.kill(id);
    while (!(await api.isFree(key)));
    return performance.now() - startedAtMs;
  };
  const medians = await alternate(
    { warmUp: 2, counted: 15 },
    () => terminate(jamdev),
    () => terminate(peer),
  );
  return { what: 'hard termination to a free key', unit: 'ms', ...medians };
}

/**
 * @param {Peer['api']} api
 * @param {number} proxyPort
 * @param {string} key
 * @returns {Promise<string>} the id of the backend
 */
export async function connectAndGet(api, proxyPort, key) {
  const { backend_id, token } = await api.connect(key);
  // Both make it wait until the backend is ready.
  await getOnce(proxyPort, `/${token}/`);
  return backend_id;
}

/**
 * @param {string} what
 * @param {Record<keyof import('../support/load.js').Load, import('../support/statistics.js').Medians>} medians
 * @param {number} [atLeast] what the ratio of the rates should be
 * @returns {ComparedRow[]}
 */
export function rowsOf(what, { perSecond, p99Ms }, atLeast) {
  return [
    { what, unit: '/s', ...perSecond, ...(atLeast !== undefined && { reach: { atLeast } }) },
    { what: '  99 of 100 within', unit: 'ms', ...p99Ms },
  ];
}
