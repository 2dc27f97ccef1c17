import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ENGINE_SOCKET } from './drones.js';
import { makeTempFolder } from './project.js';

/** How a gate treats requests that end containers, or all requests. */
type Mode = 'open' | 'kills hang' | 'shut';

/** A forwarder to the test engine that can be blocked. */
export interface EngineGate {
  /** In the form of DOCKER_HOST and serve.drones. */
  url: string;
  set(mode: Mode): void;
}

/** Opens a forwarder to the test engine for the duration of the test. */
export async function openEngineGate(initial: Mode = 'open'): Promise<EngineGate> {
  let mode = initial;
  const isKill = ({ url = '', method }: IncomingMessage) =>
    (method === 'POST' && /\/(stop|kill)(\?|$)/.test(url)) || (method === 'DELETE' && url.includes('/containers/'));
  const server = createServer((asked, response) => {
    if (mode === 'shut') return void asked.destroy();
    if (mode === 'kills hang' && isKill(asked)) return;
    passOn(asked, response);
  });
  const path = join(makeTempFolder(), 'engine.sock');
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `unix://${path}`,
    set(next) {
      mode = next;
      if (next === 'shut') server.closeAllConnections();
    },
  };
}

function passOn(asked: IncomingMessage, response: ServerResponse): void {
  const { method, url: path, headers } = asked;
  const socketPath = ENGINE_SOCKET.replace(/^unix:\/\//, '');
  const onward = request({ socketPath, method, path, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    // Headers of a stream arrive before its first line.
    response.flushHeaders();
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  onward.once('error', () => response.destroy());
  response.once('close', () => onward.destroy());
  asked.pipe(onward);
}
