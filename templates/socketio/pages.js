// Serves the files in public/.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';

const FOLDER = new URL('public/', import.meta.url);
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

const names = (await readdir(FOLDER)).filter((name) => extname(name) in TYPES).sort();
const files = new Map();
for (const name of names) files.set(name, await readFile(new URL(name, FOLDER)));

/** Changes whenever a file in public/ changes, so that an open page can detect that it is outdated. */
export const version = createHash('sha256')
  .update(Buffer.concat([...files.values()]))
  .digest('hex')
  .slice(0, 16);

/** Answers a request for the page or one of its files. */
export function servePages(request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return response.writeHead(405).end();
  // Only the last part of the path counts, because a static connection token stays in the path.
  const name = request.url.split('?', 1)[0].split('/').at(-1) || 'index.html';
  const file = files.get(name);
  if (file === undefined) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(name)], 'cache-control': 'no-cache' }).end(file);
}
