import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { firstAnswer } from './first-answer.js';
import { freePort } from './free-port.js';
import { start } from './processes.js';
import { makeProject, ROOT } from './project.js';
import { makeTempFolder } from './temp-folders.js';

/** The command line, as a file for Node.js. */
export const JAMDEV = join(ROOT, 'bin/jamdev.js');

const POOL_DEADLINE_MS = 60_000;

/** @typedef {{ backend_id: string, token: string, url: string }} Connected */

/**
 * Starts `jamdev dev`, as a process of its own, for a project with one of the servers.
 * @param {string} server a file of the folder `servers`
 * @param {readonly string[]} [options]
 * @param {string} [node] the Node.js that it runs on
 * @param {string} [stateHome] default: one in which jamdev has never run
 */
export async function startJamdev(server, options = [], node = 'node', stateHome = makeTempFolder()) {
  return startJamdevIn(makeProject(server), ['--command', `node ${server}`, ...options], node, stateHome);
}

/**
 * Starts `jamdev dev`, as a process of its own.
 * @param {string} project its folder
 * @param {readonly string[]} options
 * @param {string} [node] the Node.js that it runs on
 * @param {string} [stateHome] in place of the user's own; default: a new one, in which jamdev has never run
 */
export async function startJamdevIn(project, options, node = 'node', stateHome = makeTempFolder()) {
  const [apiPort, proxyPort] = [await freePort(), await freePort()];
  const ports = ['--port', String(apiPort), '--proxy-port', String(proxyPort)];
  const args = [JAMDEV, 'dev', project, ...options, ...ports];
  const started = await start(node, args, { env: { XDG_STATE_HOME: stateHome } });
  const readyMs = await firstAnswer(apiPort, '/auth', started);
  const api = new Api(apiPort);
  return { ...started, project, stateHome, apiPort, proxyPort, readyMs, api };
}

/** The few API requests that are needed here. */
export class Api {
  #agent = new Agent({ keepAlive: true });
  #port;

  /**
   * @param {number} port
   * @param {Record<string, string>} [headers] of every request
   */
  constructor(port, headers = {}) {
    this.#port = port;
    this.headers = headers;
  }

  /**
   * The path and the body of a connect request.
   * @param {string} key
   */
  connectRequest(key) {
    return { path: '/v2/service/-/-/connect', body: JSON.stringify({ key, user: 'somebody' }) };
  }

  /**
   * Connects to a key.
   * @param {string} key
   * @returns {Promise<Connected>}
   */
  async connect(key) {
    const { path, body } = this.connectRequest(key);
    const response = await this.#send('POST', path, body);
    return JSON.parse((await response.toArray()).join(''));
  }

  /**
   * Lists the running backends of an account.
   * @param {string} account
   * @returns {Promise<{ id: string }[]>}
   */
  async list(account) {
    const response = await this.#send('GET', `/v2/account/${account}/backends`);
    return JSON.parse((await response.toArray()).join('')).running_backends;
  }

  /**
   * Finds out the image that a backend runs.
   * @param {string} backendId
   * @returns {Promise<string>} its id
   */
  async imageOf(backendId) {
    const response = await this.#send('GET', `/v2/backend/${backendId}`);
    return JSON.parse((await response.toArray()).join('')).image_digest;
  }

  /**
   * Starts backends and waits until they are ready.
   * @param {number} count
   * @param {number} atOnce
   * @returns {Promise<Connected[]>}
   */
  async connectMany(count, atOnce) {
    /** @type {Connected[]} */
    const connected = [];
    const one = async () => {
      while (connected.length + starting < count) {
        starting += 1;
        const ready = await this.connectUntilReady();
        starting -= 1;
        connected.push(ready);
      }
    };
    let starting = 0;
    await Promise.all(Array.from({ length: atOnce }, one));
    return connected;
  }

  /** Waits until file changes are noticed. */
  async untilWatching() {
    for (;;) {
      const response = await this.#send('GET', '/_jamdev/info');
      if (JSON.parse((await response.toArray()).join('')).watching) return;
      await pause(10);
    }
  }

  /**
   * Waits until a warm pool is full.
   * @param {number} count of warm backends
   */
  async untilPooled(count) {
    const startedAtMs = performance.now();
    for (;;) {
      const response = await this.#send('GET', '/_jamdev/backends');
      const text = (await response.toArray()).join('');
      if (JSON.parse(text).warm_pools?.[0]?.warm === count) return;
      if (performance.now() - startedAtMs > POOL_DEADLINE_MS) throw new Error(`the pool is never full: ${text}`);
      await pause(10);
    }
  }

  /**
   * Reads a backend's status stream until it has a status.
   * @param {string} backendId
   * @param {string} status
   * @throws when the stream ends without it
   */
  async until(backendId, status) {
    const response = await this.#send('GET', `/v2/backend/${backendId}/status/stream`);
    let text = '';
    for await (const chunk of response) {
      text += chunk;
      if (text.includes(`"status":"${status}"`)) return;
    }
    throw new Error(`backend ${backendId} was never ${status}: ${text}`);
  }

  /**
   * Connects and waits until the backend is ready.
   * @param {string} [key] default: a free one
   */
  async connectUntilReady(key = randomUUID()) {
    const connected = await this.connect(key);
    await this.until(connected.backend_id, 'ready');
    return connected;
  }

  /**
   * Kills a backend, and waits for its process to be gone.
   * @param {string} backendId
   */
  async kill(backendId) {
    const response = await this.#send('POST', `/v2/backend/${backendId}/terminate`, '{"hard":true}');
    await response.toArray();
    await this.until(backendId, 'terminated');
  }

  /**
   * Asks for the holder of a key, without starting one.
   * @param {string} key
   */
  async isFree(key) {
    const body = JSON.stringify({ key, spawn: false });
    const response = await this.#request('POST', this.connectRequest(key).path, body);
    await response.toArray();
    return response.statusCode === 409;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {string} [body]
   * @returns {Promise<import('node:http').IncomingMessage>}
   * @throws when its status is not 200
   */
  async #send(method, path, body) {
    const response = await this.#request(method, path, body);
    if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${(await response.toArray()).join('')}`);
    return response;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {string} [body]
   * @returns {Promise<import('node:http').IncomingMessage>}
   */
  async #request(method, path, body) {
    const headers = { ...this.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const outgoing = request({ host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path, headers });
    outgoing.end(body);
    const [response] = await once(outgoing, 'response');
    response.setEncoding('utf8');
    return response;
  }
}
