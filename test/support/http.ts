import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A complete answer. */
export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  json: <T = Record<string, unknown>>() => T;
}

interface RequestOptions {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  /** Used unchanged in the request line instead of the URL's path. */
  path?: string;
}

/** Sends a request with nothing added or normalized, unlike fetch. */
export function send(url: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port, pathname, search } = new URL(url);
    const request = httpRequest({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: options.path ?? pathname + search,
      method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
      headers: options.headers ?? {},
      agent: false,
    });
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) });
      });
    });
    request.end(options.body);
  });
}

/** Posts JSON. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** A stream of an answer's chunks as they arrive. */
export interface Stream {
  status: number;
  headers: IncomingMessage['headers'];
  chunks: string[];
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>;
  close: () => void;
}

/** Opens a streaming answer. */
export function openStream(url: string, headers: Record<string, string> = {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers, agent: false });
    request.on('error', reject);
    request.once('response', (response) => {
      const chunks: string[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
      const ended = new Promise<void>((done) => response.once('close', done));
      const close = () => void request.destroy();
      onTestFinished(close);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks, ended, close });
    });
    request.end();
  });
}

/** A bare TCP connection that collects what it receives. */
export async function openSocket(url: string): Promise<{ socket: Socket; received: () => string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, received: () => received };
}
