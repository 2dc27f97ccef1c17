import { scenarioTable } from '../stage/scenario.js';

const UNKNOWN = { token: 'A'.repeat(43) };
const get = (target: string, host = '{host}') => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const GET = get('{path}/');

/** Connection tokens, and requests without a valid one. */
export const tokens = scenarioTable('tokens', {
  none: async (stage) => stage.note('answer', await stage.send({ send: get('/') }, UNKNOWN)),
  unknown: async (stage) => stage.note('answer', await stage.send({ send: GET }, UNKNOWN)),
  'garbage of all kinds': async (stage) => {
    const texts = [
      'a',
      's.',
      `s.${'A'.repeat(43)}`,
      'A'.repeat(44),
      '%00',
      '..',
      '.',
      '-',
      '~'.repeat(43),
      'é',
      'favicon.ico',
    ];
    for (const text of texts) {
      const send = get(`/${encodeURI(text)}/x`);
      stage.note(
        text,
        (await stage.send({ send }, UNKNOWN)).answers.map(({ line }) => line),
      );
    }
  },
  'percent-encoded': async (stage) => {
    const backend = await stage.spawn('a', { key: 'token-encoded' });
    const encoded = [...backend.token].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
    const { answers } = await stage.send({ send: get(`/${encoded}/`) }, backend);
    stage.note(
      'answer',
      answers.map(({ line }) => line),
    );
  },
  'in capitals, cut short, and too long': async (stage) => {
    const backend = await stage.spawn('a', { key: 'token-spelled' });
    for (const [what, token] of [
      ['in lowercase', backend.token.toLowerCase()],
      ['cut short', backend.token.slice(0, -1)],
      ['too long', `${backend.token}A`],
      ['the id of the backend', backend.id],
      ['the secret', backend.secret ?? ''],
    ] as const) {
      const { answers } = await stage.send({ send: get(`/${token}/`) }, backend);
      stage.note(
        what,
        answers.map(({ line }) => line),
      );
    }
  },
  'used twice': async (stage) => {
    const backend = await stage.spawn('a', { key: 'token-twice', user: 'ann' });
    await stage.exchange('first', { on: backend, send: GET });
    await stage.exchange('second', { on: backend, send: GET });
  },
  'two of one backend, each with its user': async (stage) => {
    const ann = await stage.spawn('ann', { key: 'token-two', user: 'ann', auth: { role: 'a' } });
    await stage.waitFor(ann, 'ready');
    const bob = await stage.spawn('bob', { key: 'token-two', user: 'bob' });
    await stage.exchange('bob', { on: bob, send: GET });
    await stage.exchange('ann', { on: ann, send: GET });
  },
  'of an ended backend': async (stage) => {
    const backend = await stage.spawn('a', { key: 'token-of-an-ended-backend' });
    await stage.waitFor(backend, 'ready');
    await stage.terminate(backend, 'hard');
    await stage.waitFor(backend, 'terminated');
    stage.note('answer', await stage.send({ send: GET }, backend));
    stage.note(
      'upgrade',
      await stage.send(
        { send: 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n' },
        backend,
      ),
    );
  },
  'of a backend whose key has a new holder': async (stage) => {
    const first = await stage.spawn('first', { key: 'token-moved' });
    await stage.waitFor(first, 'ready');
    await stage.terminate(first, 'hard');
    await stage.waitFor(first, 'terminated');
    const second = await stage.spawn('second', { key: 'token-moved' });
    const answered = await stage.send({ send: GET }, second);
    stage.note(
      'of the new holder',
      answered.answers.map(({ line }) => line),
    );
    stage.note(
      'of the one before',
      (await stage.send({ send: GET }, first)).answers.map(({ line }) => line),
    );
  },
  static: async (stage) => {
    const backend = await stage.spawn('a', { key: 'static', useStaticToken: true });
    await stage.exchange('exchange', { on: backend, send: GET });
  },
  'static, with a path and a query': async (stage) => {
    const backend = await stage.spawn('a', { key: 'static-path', useStaticToken: true });
    await stage.exchange('with a path', { on: backend, send: get('{path}/a/../b?c=d') });
    await stage.exchange('without a slash', { on: backend, send: get('{path}') });
  },
  'static, two connects': async (stage) => {
    const first = await stage.spawn('first', { key: 'static-two', useStaticToken: true });
    await stage.waitFor(first, 'ready');
    const second = await stage.spawn('second', { key: 'static-two', useStaticToken: true });
    stage.note('the same token', first.token === second.token);
    stage.note('begins with s.', first.token.startsWith('s.'));
  },
  'at the host of another backend': async (stage) => {
    const first = await stage.spawn('first', { key: 'token-host-1' });
    const second = await stage.spawn('second', { key: 'token-host-2' });
    const at = async (label: string, id: string) => {
      const { answers } = await stage.send({ send: get('{path}/', `${id}.{host}`) }, first);
      stage.note(
        label,
        answers.map(({ line }) => line),
      );
    };
    await at('its own', first.id);
    await at('of the other', second.id);
  },
});
