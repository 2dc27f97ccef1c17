// The smallest server, as an ES module. It answers with its port.
import { createServer } from 'node:http';

createServer((_request, response) => response.end(`${process.env.PORT}\n`)).listen(process.env.PORT);
