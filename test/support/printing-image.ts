import { randomUUID } from 'node:crypto';
import { docker, removeImage } from '../engine/drivers/backend-image.js';
import { keepFolder } from './project.js';

/** A backend that prints on both streams, and exits when a client requests /exit. */
const SERVER = `
const http = require('node:http');
console.log('serving ' + process.env.SESSION_BACKEND_KEY);
console.error('a warning');
process.stdout.write('long ' + 'x'.repeat(40000) + '\\n');
process.on('SIGTERM', () => { console.log('saved'); process.exit(0); });
http.createServer((request, response) => {
  response.end('ok');
  if (request.url === '/exit') response.on('close', () => process.exit(3));
}).listen(8080);
`;

/** Builds the image of a backend that prints. @returns its tag, and a function that removes it */
export async function buildPrintingImage(): Promise<{ tag: string; remove: () => Promise<void> }> {
  const tag = `jamdev-test-printing:${randomUUID().slice(0, 8)}`;
  const folder = keepFolder({
    Dockerfile: 'FROM node:22-slim\nCOPY server.cjs /\nCMD ["node", "/server.cjs"]\n',
    'server.cjs': SERVER,
  });
  await docker('build', '--quiet', '--tag', tag, folder.path);
  folder.remove();
  return { tag, remove: () => removeImage(tag) };
}
