import { once } from 'node:events';
import type { Response } from 'express';
import type { LogRecordJson } from '../contract/dev-endpoints.js';
import type { LogOwner } from '../logs/backend-log.js';
import { type OwnedRecord, readLogs, toLogRecordJson } from '../logs/follow.js';
import type { StoredLog } from '../logs/log-store.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { DevApiContext } from './dev-context.js';
import { EventStream } from './event-stream.js';
import { abortOnHangUp } from './hang-up.js';

/** Streams a backend's output as server-sent events with one raw line each, from the first line until it has ended. */
export async function streamRawLog(response: Response, lines: AsyncIterable<string>): Promise<void> {
  const stream = new EventStream(response);
  for await (const line of lines) {
    // Parsers of server-sent events would treat a carriage return as the end of the line.
    stream.send(line.replaceAll('\r', ''));
    await stream.drained();
  }
  stream.end();
}

export interface LogStreamOptions {
  follow: boolean;
  unfinished: boolean;
  tail: number | undefined;
  list: () => StoredLog[];
  mayGrow: () => boolean;
  isAbandoned: (owner: LogOwner) => boolean;
}

/** Streams lines of one or more logs as NDJSON, one `LogRecordJson` each. */
export async function streamRecords(
  response: Response,
  context: DevApiContext,
  options: LogStreamOptions,
): Promise<void> {
  const closed = abortOnHangUp(response);
  await streamJsonLines(response, toJson(readLogs(options, closed, context.logs)), closed);
}

/** Streams values as NDJSON. @param closed aborts when the client has disconnected */
export async function streamJsonLines(
  response: Response,
  values: AsyncIterable<unknown>,
  closed: AbortSignal,
): Promise<void> {
  response.statusCode = 200;
  response.setHeader('content-type', 'application/x-ndjson');
  response.flushHeaders();
  // HEAD requests get only the headers.
  if (response.req.method === 'HEAD') return void response.end();
  for await (const value of values) {
    response.write(`${JSON.stringify(value)}\n`);
    if (response.writableNeedDrain)
      await once(response, 'drain', { signal: closed }).catch(ignoreError('api', 'waiting for a client to read'));
  }
  response.end();
}

async function* toJson(records: AsyncIterable<OwnedRecord>): AsyncGenerator<LogRecordJson> {
  for await (const record of records) yield toLogRecordJson(record);
}
