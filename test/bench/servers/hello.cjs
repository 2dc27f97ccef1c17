// The smallest server, as CommonJS. It answers with its port.
const { createServer } = require('node:http');

createServer((_request, response) => response.end(`${process.env.PORT}\n`)).listen(process.env.PORT);
