import { scenarioTable } from '../stage/scenario.js';

const GET = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';
const UPGRADE = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const late = { BACKEND: JSON.stringify({ listenDelayMs: 4_000 }) };
const endsWith = (exit: number) => ({ BACKEND: JSON.stringify({ listen: 'never', exit, startDelayMs: 6_000 }) });

/** Requests to backends that are not ready. */
export const waiting = scenarioTable('waiting', {
  'a request before ready': async (stage) => {
    const backend = await stage.spawn('a', { key: 'before-ready', env: late });
    await stage.exchange('exchange', { on: backend, send: GET });
  },
  'a backend that ends first': async (stage) => {
    const backend = await stage.spawn('a', { key: 'ends-first', env: endsWith(3) });
    stage.note('answer', await stage.send({ send: GET }, backend));
    await stage.ended(backend);
  },
  'an upgrade to a backend that ends first': async (stage) => {
    const backend = await stage.spawn('a', { key: 'upgrade-ends-first', env: endsWith(0) });
    stage.note('answer', await stage.send({ send: UPGRADE }, backend));
    await stage.ended(backend);
  },
  '50 at once': async (stage) => {
    const backend = await stage.spawn('a', { key: 'waiting-50', env: late });
    const views = await Promise.all(Array.from({ length: 50 }, () => stage.send({ send: GET }, backend)));
    const answers = views.flatMap((view) => view.answers.map(({ line, body }) => `${line}: ${body}`));
    stage.note('answers', answers.length);
    stage.note('kinds of answers', [...new Set(answers)]);
  },
  'an upgrade before ready': async (stage) => {
    const backend = await stage.spawn('a', { key: 'upgrade-before-ready', env: late });
    stage.note('answer', await stage.send({ send: UPGRADE }, backend));
  },
  'a body that is sent before ready': async (stage) => {
    const backend = await stage.spawn('a', { key: 'body-before-ready', env: late });
    await stage.exchange('exchange', {
      on: backend,
      send: `POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`,
    });
  },
  'Expect before ready': async (stage) => {
    const backend = await stage.spawn('a', { key: 'expect-before-ready', env: late });
    stage.note(
      'answer',
      await stage.send(
        {
          send: [
            'POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
            { await: 'HTTP/1.1 100' },
            'hello',
          ],
        },
        backend,
      ),
    );
  },
  'a client that leaves before ready': async (stage) => {
    const backend = await stage.spawn('a', { key: 'leaves-before-ready', env: late });
    await stage.send({ send: [GET, { close: 'reset' }], until: 'sent' }, backend);
    await stage.waitFor(backend, 'ready');
    stage.note('answer', await stage.send({ send: GET }, backend));
  },
  'a backend that is terminated first': async (stage) => {
    const env = { BACKEND: JSON.stringify({ listen: 'never' }) };
    const backend = await stage.spawn('a', { key: 'terminated-first', env });
    await stage.waitFor(backend, 'waiting');
    const answer = stage.send({ send: GET }, backend);
    await stage.terminate(backend, 'hard');
    stage.note('answer', await answer);
    await stage.ended(backend);
  },
  'a backend that answers 500 to the question whether it is ready': async (stage) => {
    const env = {
      BACKEND: JSON.stringify({ probe: 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n' }),
    };
    const backend = await stage.spawn('a', { key: 'probe-500', env });
    await stage.exchange('exchange', { on: backend, send: GET });
  },
});
