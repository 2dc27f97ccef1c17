import { scenarioTable } from '../stage/scenario.js';

const GET = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';

/** Requests to backends that are not ready. */
export const waiting = scenarioTable('waiting', {
  'a request before ready': async (stage) => {
    const life = { listenDelayMs: 1_000 };
    const backend = await stage.spawn('a', { key: 'before-ready', env: { BACKEND: JSON.stringify(life) } });
    stage.note('answer', await stage.send({ send: GET }, backend));
  },
  'a backend that ends first': async (stage) => {
    const life = { listen: 'never', exit: 3, startDelayMs: 500 };
    const backend = await stage.spawn('a', { key: 'ends-first', env: { BACKEND: JSON.stringify(life) } });
    stage.note('answer', await stage.send({ send: GET }, backend));
    await stage.ended(backend);
  },
});
