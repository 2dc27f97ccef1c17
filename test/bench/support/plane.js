import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { firstAnswer } from './first-answer.js';
import { freePort } from './free-port.js';
import { runToEnd, start } from './processes.js';
import { ROOT } from './project.js';
import { makeTempFolder } from './temp-folders.js';

const SCRIPT = join(ROOT, 'test/engine/plane.sh');
const PLANE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jamdev/plane/bin/plane');
const NAMESPACE = randomUUID();

/** Whether `test/engine/plane.sh install` has installed Plane: that takes ten minutes, so it is not done here. */
export function hasPlane() {
  return existsSync(PLANE);
}

/**
 * Starts Plane: a controller, a drone and a proxy, with a PostgreSQL of their own.
 * @param {string} image that its backends run
 */
export async function startPlane(image) {
  const env = { JAMDEV_PLANE_FOLDER: makeTempFolder() };
  const { output } = await runToEnd(SCRIPT, ['start', String(process.pid)], { env });
  /** @param {string} name */
  const value = (name) => {
    const found = new RegExp(`^PLANE_${name}=(.*)$`, 'm').exec(output)?.[1];
    if (found === undefined) throw new Error(`plane.sh did not print PLANE_${name}:\n${output}`);
    return found;
  };
  const postmaster = join(value('FOLDER'), 'postgres/postmaster.pid');
  return {
    version: value('VERSION'),
    controllerUrl: value('CONTROLLER_URL'),
    cluster: value('CLUSTER'),
    databaseUrl: value('DATABASE_URL'),
    apiPort: Number(new URL(value('CONTROLLER_URL')).port),
    proxyPort: Number(value('PROXY_PORT')),
    pids: ['CONTROLLER', 'DRONE', 'PROXY'].map((part) => Number(value(`${part}_PID`))),
    /** The first process of its PostgreSQL. */
    databasePid: Number(readFileSync(postmaster, 'utf8').split('\n')[0]),
    api: new PlaneApi(Number(new URL(value('CONTROLLER_URL')).port), image),
    stop: async () => void (await runToEnd(SCRIPT, ['stop'], { env })),
  };
}

/**
 * Starts one more controller of a cluster.
 * @param {{ databaseUrl: string, cluster: string }} plane
 * @param {string} image that its backends run
 */
export async function startController({ databaseUrl, cluster }, image) {
  const apiPort = await freePort();
  const options = ['--db', databaseUrl, '--host', '127.0.0.1', '--port', String(apiPort), '--default-cluster', cluster];
  const started = await start(PLANE, ['controller', ...options]);
  await firstAnswer(apiPort, '/pub/health', started);
  return { apiPort, url: `http://127.0.0.1:${apiPort}`, api: new PlaneApi(apiPort, image) };
}

/** The few requests to Plane's controller that are needed here. */
class PlaneApi {
  #agent = new Agent({ keepAlive: true });
  /** @type {Record<string, string>} */
  headers = {};
  #port;
  #image;

  /** @param {number} port @param {string} image */
  constructor(port, image) {
    this.#port = port;
    this.#image = image;
  }

  /** The path and the body of a connect request. @param {string} key */
  connectRequest(key) {
    const spawn_config = { executable: { image: this.#image, pull_policy: 'Never', env: {} } };
    const body = { key: { name: key, namespace: NAMESPACE, tag: '' }, user: 'somebody', spawn_config };
    return { path: '/ctrl/connect', body: JSON.stringify(body) };
  }

  /**
   * Connects to a key.
   * @param {string} key
   * @returns {Promise<import('./jamdev.js').Connected>}
   */
  async connect(key) {
    const { path, body } = this.connectRequest(key);
    const response = await this.#send('POST', path, body);
    return JSON.parse((await response.toArray()).join(''));
  }

  /**
   * Kills a backend, and waits until it is terminated.
   * @param {string} backendId
   */
  async kill(backendId) {
    await (await this.#send('POST', `/ctrl/b/${backendId}/hard-terminate`)).toArray();
    // This stream does not end on its own.
    const response = await this.#send('GET', `/pub/b/${backendId}/status-stream`);
    let text = '';
    for await (const chunk of response) {
      text += chunk;
      if (text.includes('"status":"terminated"')) return;
    }
    throw new Error(`backend ${backendId} was never terminated: ${text}`);
  }

  /**
   * Asks for the holder of a key, without starting one.
   * @param {string} key
   */
  async isFree(key) {
    const body = JSON.stringify({ key: { name: key, namespace: NAMESPACE, tag: '' } });
    const response = await this.#request('POST', '/ctrl/connect', body);
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
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request({ host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path, headers });
    outgoing.end(body);
    const [response] = await once(outgoing, 'response');
    response.setEncoding('utf8');
    return response;
  }
}
