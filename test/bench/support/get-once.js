import { once } from 'node:events';
import { request } from 'node:http';

/**
 * Sends a GET request over a connection of its own, and reads the answer to its end.
 * @param {number} port on this machine
 * @param {string} path
 * @throws when its status is not 200
 */
export async function getOnce(port, path) {
  const headers = { host: `localhost:${port}` };
  const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: false }).end();
  const [response] = await once(outgoing, 'response').catch((error) => {
    throw new Error(`GET ${path} of port ${port} was not answered`, { cause: error });
  });
  const body = (await response.toArray()).join('');
  if (response.statusCode !== 200) throw new Error(`GET ${path}: ${response.statusCode} ${body}`);
}
