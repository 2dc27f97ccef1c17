import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { makeTempFolder } from './project.js';

/** What a proxy in front of a drone's engine must allow: method, path and, for the list, the filter. */
const ALLOWED: readonly (readonly [string, RegExp])[] = [
  ['list', /^GET \/containers\/json\?(?=.*dev\.plane\.backend)/],
  ['inspect', /^GET \/containers\/plane-[a-z0-9]+\/json(?:\?|$)/],
  ['logs', /^GET \/containers\/plane-[a-z0-9]+\/logs(?:\?|$)/],
  ['stats', /^GET \/containers\/plane-[a-z0-9]+\/stats(?:\?|$)/],
  ['kill', /^POST \/containers\/plane-[a-z0-9]+\/kill(?:\?|$)/],
];

/** A proxy in front of the test engine that allows only what `jamdev serve` needs. */
export interface EngineProxy {
  /** For `serve.drones`. */
  url: string;
  /** The kinds of requests that were allowed. */
  passed: Set<string>;
  /** The requests that it refused with 403. */
  refused: string[];
}

/** Starts such a proxy on a Unix socket. */
export async function startEngineProxy(): Promise<EngineProxy> {
  const socketPath = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').slice('unix://'.length);
  const passed = new Set<string>();
  const refused: string[] = [];
  const answer = (incoming: IncomingMessage, response: ServerResponse) => {
    const { method, url = '', headers } = incoming;
    const requested = `${method} ${decodeURIComponent(url).replace(/^\/v\d+\.\d+/, '')}`;
    const kind = ALLOWED.find(([, pattern]) => pattern.test(requested))?.[0];
    if (kind === undefined) {
      refused.push(requested);
      return void response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"not allowed here"}');
    }
    passed.add(kind);
    const onward = request({ socketPath, method, path: url, headers }, (from) => {
      response.writeHead(from.statusCode ?? 502, from.headers);
      response.flushHeaders();
      from.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    incoming.pipe(onward);
  };
  const server = createServer(answer);
  const socket = join(makeTempFolder(), 'proxy.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `unix://${socket}`, passed, refused };
}
