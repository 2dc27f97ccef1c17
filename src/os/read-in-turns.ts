import type { Readable } from 'node:stream';

/**
 * Hands over what comes from a stream, one chunk in each turn of the event loop. Of a pipe that is filled again at once,
 * Node.js would read 32 chunks before anything else has its turn, and a flood of output would hold up all requests.
 */
export function readInTurns(stream: Readable, take: (chunk: Buffer) => void): void {
  stream.on('data', (chunk: Buffer) => {
    stream.pause();
    setImmediate(() => stream.resume());
    take(chunk);
  });
}
