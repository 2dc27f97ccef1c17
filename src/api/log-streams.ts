import { once } from 'node:events';
import type { Response } from 'express';
import { readLogs, toLogRecordJson } from '../logs/follow.js';
import type { StoredLog } from '../logs/log-store.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { ApiContext } from './context.js';
import { EventStream } from './event-stream.js';
import { abortOnHangUp } from './hang-up.js';

/** Streams what a backend prints as server-sent events of raw lines, from the first line on, until it has ended. */
export async function streamRawLog(response: Response, context: ApiContext, log: StoredLog): Promise<void> {
  const stream = new EventStream(response);
  const options = { list: () => [log], follow: true, mayGrow: () => context.logs.isOpen(log.owner.backendId) };
  for await (const { record } of readLogs(options, stream.closed, context.logs)) {
    if (record.source === 'jamdev') continue;
    // A carriage return would end the line for a reader of server-sent events.
    stream.send(record.text.replaceAll('\r', ''));
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
}

/** Streams lines of one or several logs as NDJSON, one `LogRecordJson` each. */
export async function streamRecords(response: Response, context: ApiContext, options: LogStreamOptions): Promise<void> {
  const closed = abortOnHangUp(response);
  response.statusCode = 200;
  response.setHeader('content-type', 'application/x-ndjson');
  response.flushHeaders();
  // HEAD asks for the headers alone.
  if (response.req.method === 'HEAD') return void response.end();
  for await (const owned of readLogs(options, closed, context.logs)) {
    response.write(`${JSON.stringify(toLogRecordJson(owned))}\n`);
    if (response.writableNeedDrain)
      await once(response, 'drain', { signal: closed }).catch(ignoreError('api', 'waiting for a client to read'));
  }
  response.end();
}
