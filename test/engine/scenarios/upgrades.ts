import { exchangeTable } from '../stage/scenario.js';

const HEAD = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
const ACCEPTED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

/** Requests for an upgrade of the connection. */
export const upgrades = exchangeTable('upgrades', {
  accepted: {
    send: [`${HEAD}\r\n`, { await: '\r\n\r\n' }, 'ping', { await: 'pong' }, { close: 'end' }],
    answers: [{ pieces: [ACCEPTED, { until: 'ping' }, 'pong'], ending: 'end' }],
    until: 'closed',
  },
  refused: {
    send: `${HEAD}\r\n`,
    answers: [{ pieces: ['HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'] }],
  },
});
