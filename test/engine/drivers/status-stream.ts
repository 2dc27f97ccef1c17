import { get } from 'node:http';
import type { StatusRecord } from './driver.js';

const DEADLINE_MS = 100_000;

/** Reads a stream of statuses until one comes that a test waits for. @returns all so far, without times */
export function readStatuses(url: string, last: string): Promise<StatusRecord[]> {
  return new Promise((resolve, reject) => {
    const statuses: StatusRecord[] = [];
    let text = '';
    const request = get(url, { agent: false });
    const end = (error?: Error) => {
      clearTimeout(timer);
      request.destroy();
      const seen = statuses.map(({ status }) => status).join(', ');
      if (error === undefined) resolve(statuses);
      else reject(new Error(`${url} never said ${last}, only ${seen}`, { cause: error }));
    };
    const timer = setTimeout(() => end(new Error(`waited ${DEADLINE_MS} ms`)), DEADLINE_MS);
    request.on('error', end);
    request.on('response', (response) => {
      response.setEncoding('utf8');
      response.on('end', () => end(new Error('the stream ended')));
      response.on('data', (chunk: string) => {
        text += chunk;
        for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n')) {
          const data = /^data:(.*)$/m.exec(text.slice(0, at))?.[1];
          text = text.slice(at + 2);
          if (data === undefined) continue;
          const { time: _, backend: __, ...record } = JSON.parse(data);
          statuses.push(record);
          if (record.status === last) return end();
        }
      });
    });
  });
}
