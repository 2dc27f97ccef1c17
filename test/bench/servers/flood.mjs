// On POST, prints lines without a pause until the client is gone; answers GET with its port.
import { once } from 'node:events';
import { createServer } from 'node:http';

const LINES = 'a line of a log that is flooded, about as long as lines are\n'.repeat(64);

createServer(async (request, response) => {
  if (request.method !== 'POST') return response.end(`${process.env.PORT}\n`);
  while (!request.socket.destroyed) {
    if (!process.stdout.write(LINES)) await once(process.stdout, 'drain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}).listen(process.env.PORT);
