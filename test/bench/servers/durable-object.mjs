// The same as echo.mjs as a Durable Object: for each path one, which echoes WebSocket messages and answers with its version.
import { DurableObject } from 'cloudflare:workers';

const VERSION = 'version 1.';

export class Room extends DurableObject {
  fetch(request) {
    if (request.headers.get('upgrade') !== 'websocket') return new Response(VERSION);
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener('message', ({ data }) => server.send(data));
    return new Response(null, { status: 101, webSocket: client });
  }
}

export default {
  fetch(request, env) {
    return env.ROOMS.get(env.ROOMS.idFromName(new URL(request.url).pathname)).fetch(request);
  },
};
