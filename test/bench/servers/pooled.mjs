// A server that uses the protocol of warm pools if it is in a pool, and otherwise just starts. It answers with its
// version.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

const SOCKET = '/jamsocket-control/jamsocket-sdk.sock';

createServer((_request, response) => response.end('version 1.')).listen(process.env.PORT ?? 8080, () => {
  if (!existsSync(SOCKET)) return;
  const pool = createConnection(SOCKET);
  pool.write('{"message":"Warmed"}\n');
  createInterface(pool).once('line', () => pool.write('{"message":"Ready"}\n'));
});
