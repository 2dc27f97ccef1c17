import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { Endpoint } from './endpoint.js';

/**
 * Creates the agent that connects to an engine. It opens a new connection for each request, because a kept one could
 * have ended with the engine.
 */
export function createEngineAgent({ address, tls }: Endpoint): Agent {
  const agent = tls === undefined ? new Agent() : new TlsAgent(tls);
  if ('path' in address) return agent;
  const connect = agent.createConnection.bind(agent);
  // TLS server names must not be addresses; without a name, the certificate is checked against the address.
  const server = { ...address, servername: isIP(address.host) === 0 ? address.host : '' };
  agent.createConnection = (options, callback) =>
    connect({ ...options, path: null, socketPath: undefined, ...server }, callback);
  return agent;
}
