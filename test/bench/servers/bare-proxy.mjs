// The fastest form of http-proxy-middleware: a fixed target (TARGET), a keep-alive agent, no Express.
import { Agent, createServer } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';

const middleware = createProxyMiddleware({
  target: process.env.TARGET ?? '',
  agent: new Agent({ keepAlive: true, maxFreeSockets: 64 }),
});
const server = createServer((request, response) => void middleware(request, response));
server.on('upgrade', middleware.upgrade);
server.listen(process.env.PORT);
