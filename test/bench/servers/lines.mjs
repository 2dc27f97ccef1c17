// Prints as many numbered lines as it is asked for by the path, as fast as it can, and answers when they are written.
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';

createServer((request, response) => {
  const count = Number(request.url?.slice(1) || 0);
  const text = Array.from({ length: count }, (_, index) => `line ${index + 1} of ${count}\n`).join('');
  const bytes = Buffer.from(count === 0 ? '' : `${text}the end of ${count}\n`);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error;
    }
  }
  response.end();
}).listen(process.env.PORT);
