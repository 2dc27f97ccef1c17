import type { ClientRequest } from 'node:http';
import type { Exchange } from './exchange.js';
import { forwardTrailers } from './trailers.js';
import { announcesBody } from './upgrade-offer.js';

/**
 * Sends a client's body to the backend as it comes, and its trailers. When the backend takes no more, the rest is read and
 * dropped: a client that is kept from sending would never read the answer.
 */
export function uploadBody(exchange: Exchange, outgoing: ClientRequest): void {
  const { request, response } = exchange;
  if (!announcesBody(request)) {
    outgoing.end();
    return;
  }
  const isChunked = 'transfer-encoding' in request.headers;
  if (exchange.expectsContinue) response.writeContinue();
  let isRefused = false;
  const dropRest = exchange.guard(() => {
    isRefused = true;
    request.resume();
  });
  let hasBegun = false;
  const onData = exchange.guard((chunk: Buffer) => {
    hasBegun = true;
    if (!isRefused && !outgoing.write(chunk)) request.pause();
  });
  request.on('data', onData);
  // Node.js holds the head back until there is some of the body: a backend may answer, or refuse, before that.
  setImmediate(
    exchange.guard(() => {
      if (!hasBegun && !outgoing.destroyed) outgoing.flushHeaders();
    }),
  );
  // One that has closed its side may never read again, which leaves the connection open with a write under way.
  const { socket } = outgoing;
  socket?.once('end', dropRest);
  outgoing.on(
    'drain',
    exchange.guard(() => void request.resume()),
  );
  request.once(
    'end',
    exchange.guard(() => {
      socket?.off('end', dropRest);
      if (isRefused) socket?.destroy();
      if (isRefused || !request.complete) return;
      if (isChunked) forwardTrailers(request, outgoing);
      outgoing.end();
    }),
  );
  outgoing.once('close', dropRest);
}
