import type { ClientRequest } from 'node:http';
import type { Exchange } from './exchange.js';
import { forwardTrailers } from './trailers.js';
import { announcesBody } from './upgrade-offer.js';

/**
 * Streams a client's body and trailers to the backend. If the backend accepts no more data, the rest is read and
 * dropped: a client that can't finish sending would never read the answer.
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
  // Node.js delays the head until the body begins, but a backend may answer or refuse the request before that.
  setImmediate(
    exchange.guard(() => {
      if (!hasBegun && !outgoing.destroyed) outgoing.flushHeaders();
    }),
  );
  // A backend that has closed its side may never read again, which would leave the connection open with a pending
  // write.
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
