import { scenarioTable } from '../stage/scenario.js';

const NO_TOKEN = { token: 'A'.repeat(43) };
const GET = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';

/** Connection tokens, and requests that have none that is good. */
export const tokens = scenarioTable('tokens', {
  none: async (stage) =>
    stage.note('answer', await stage.send({ send: 'GET / HTTP/1.1\r\nHost: {host}\r\n\r\n' }, NO_TOKEN)),
  unknown: async (stage) => stage.note('answer', await stage.send({ send: GET }, NO_TOKEN)),
  'of an ended backend': async (stage) => {
    const backend = await stage.spawn('a', { key: 'token-of-an-ended-backend' });
    await stage.waitFor(backend, 'ready');
    await stage.terminate(backend, 'hard');
    await stage.waitFor(backend, 'terminated');
    stage.note('answer', await stage.send({ send: GET }, backend));
  },
  static: async (stage) => {
    const backend = await stage.spawn('a', { key: 'static', useStaticToken: true });
    await stage.exchange('exchange', { on: backend, send: GET });
  },
});
