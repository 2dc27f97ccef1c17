import { request } from 'node:http';
import type { Address } from './runtime.js';
import { readStrangeBytes, type StrangeAnswer } from './strange-answer.js';

/** How long one `HEAD /` may take. A backend may do its slow start-up work on the first request. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Go and nginx answer plain HTTP on a port for TLS so. */
const BAD_REQUEST = 400;

/** The outcome of a request to a backend. */
export interface HeadResult {
  /** Whether it answered in HTTP, whatever the status. */
  isHttp: boolean;
  /** What came in place of such an answer; undefined when nothing listens there. */
  strange?: StrangeAnswer;
  /** Whether TLS may be the reason. */
  mayBeTls: boolean;
}

/** Sends one `HEAD /`. Never rejects. */
export function sendHead({ host, port, socketPath }: Address, signal: AbortSignal): Promise<HeadResult> {
  return new Promise((resolve) => {
    let isConnected = false;
    const head = request({
      host,
      port,
      ...(socketPath === undefined ? {} : { socketPath }),
      path: '/',
      method: 'HEAD',
      agent: false,
      signal,
      timeout: ANSWER_TIMEOUT_MS,
      headers: { 'user-agent': 'jamdev-readiness', connection: 'close' },
    });
    head.once('socket', (socket) =>
      socket.once('connect', () => {
        isConnected = true;
      }),
    );
    head.once('response', (response) => {
      response.resume();
      resolve({ isHttp: true, mayBeTls: response.statusCode === BAD_REQUEST });
      head.destroy();
    });
    head.once('timeout', () => {
      if (isConnected) resolve({ isHttp: false, strange: { kind: 'silent', ms: ANSWER_TIMEOUT_MS }, mayBeTls: true });
      head.destroy();
    });
    head.on('error', (error) => resolve(readError(error, isConnected)));
    head.once('close', () => resolve(readError(undefined, isConnected)));
    head.end();
  });
}

/** An answer that begins as HTTP does counts, as on the platform, even if Node.js's parser takes offense at the rest. */
function readError(error: Error | undefined, isConnected: boolean): HeadResult {
  const { code = '', rawPacket } = (error ?? {}) as NodeJS.ErrnoException & { rawPacket?: Buffer };
  if (rawPacket !== undefined && code.startsWith('HPE_')) {
    const isHttp = code === 'HPE_HEADER_OVERFLOW' || rawPacket.subarray(0, 5).toString('latin1') === 'HTTP/';
    return isHttp ? { isHttp, mayBeTls: false } : { isHttp, strange: readStrangeBytes(rawPacket), mayBeTls: false };
  }
  return isConnected
    ? { isHttp: false, strange: { kind: 'closed' }, mayBeTls: true }
    : { isHttp: false, mayBeTls: false };
}
