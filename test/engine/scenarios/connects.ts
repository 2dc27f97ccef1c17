import { scenarioTable } from '../stage/scenario.js';

/** Connects to keys. */
export const connects = scenarioTable('connects', {
  'a second user of a key': async (stage) => {
    const first = await stage.spawn('a', { key: 'second-user', user: 'ann' });
    await stage.waitFor(first, 'ready');
    const second = await stage.connect('b', { key: 'second-user', user: 'bob' });
    if (second !== undefined)
      await stage.exchange('bob', { on: second, send: 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n' });
  },
  'spawn false, key unheld': async (stage) => {
    await stage.connect('a', { key: 'unheld', spawn: false });
  },
  '50 at once to one key': async (stage) => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => stage.connectQuietly(`c${index}`, { key: '50-at-once' })),
    );
    const connected = answers.flatMap((each) => (each.ok ? [each] : []));
    stage.note('connected', connected.length);
    stage.note('spawned', connected.filter(({ spawned }) => spawned).length);
    stage.note('backends', new Set(connected.map(({ id }) => id)).size);
  },
});
