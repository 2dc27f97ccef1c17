import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Address } from './runtime.js';
import { readStrangeBytes, type StrangeAnswer } from './strange-answer.js';

/** Timeout for one `HEAD /`. A backend may do slow start-up work on its first request. */
const ANSWER_TIMEOUT_MS = 30_000;
/** The status with which Go and nginx answer plain HTTP on a TLS port. */
const BAD_REQUEST = 400;

/** The outcome of a request to a backend. */
export interface HeadResult {
  /** Whether the answer was HTTP, with any status. */
  isHttp: boolean;
  /** The unexpected answer; undefined if nothing listens. */
  strange?: StrangeAnswer;
  /** Whether TLS may be the reason. */
  mayBeTls: boolean;
}

/** Sends one `HEAD /`. Never rejects. */
export async function sendHead(address: Address, signal: AbortSignal): Promise<HeadResult> {
  // A refused connection is the usual outcome, and much cheaper than a request.
  const socket = await tryConnect(address, signal);
  return socket === undefined ? { isHttp: false, mayBeTls: false } : askThrough(socket, address, signal);
}

/** @returns undefined if nothing listens */
function tryConnect({ host, port, socketPath, isCurrent }: Address, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath === undefined ? { host, port } : { path: socketPath });
    const giveUp = () => void socket.destroy();
    socket.setTimeout(ANSWER_TIMEOUT_MS, giveUp);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => {
      signal.removeEventListener('abort', giveUp);
      resolve(undefined);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', giveUp);
      socket.setTimeout(0, giveUp);
      if (isCurrent?.() === false) socket.destroy();
      else resolve(socket);
    });
  });
}

function askThrough(socket: Socket, { host, port }: Address, signal: AbortSignal): Promise<HeadResult> {
  return new Promise((resolve) => {
    const head = request({
      host,
      port,
      createConnection: () => socket,
      path: '/',
      method: 'HEAD',
      signal,
      timeout: ANSWER_TIMEOUT_MS,
      headers: { 'user-agent': 'jamdev-readiness', connection: 'close' },
    });
    head.once('response', (response) => {
      response.resume();
      resolve({ isHttp: true, mayBeTls: response.statusCode === BAD_REQUEST });
      head.destroy();
    });
    head.once('timeout', () => {
      resolve({ isHttp: false, strange: { kind: 'silent', ms: ANSWER_TIMEOUT_MS }, mayBeTls: true });
      head.destroy();
    });
    head.on('error', (error) => resolve(readError(error)));
    head.once('close', () => resolve(readError(undefined)));
    head.end();
  });
}

/**
 * Interprets an error. As on the platform, an answer that begins like HTTP counts even if Node.js's parser rejects the
 * rest.
 */
function readError(error: Error | undefined): HeadResult {
  const { code = '', rawPacket } = (error ?? {}) as NodeJS.ErrnoException & { rawPacket?: Buffer };
  if (rawPacket !== undefined && code.startsWith('HPE_')) {
    const isHttp = code === 'HPE_HEADER_OVERFLOW' || rawPacket.subarray(0, 5).toString('latin1') === 'HTTP/';
    return isHttp ? { isHttp, mayBeTls: false } : { isHttp, strange: readStrangeBytes(rawPacket), mayBeTls: false };
  }
  return { isHttp: false, strange: { kind: 'closed' }, mayBeTls: true };
}
