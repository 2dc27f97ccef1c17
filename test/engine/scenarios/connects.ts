import { type Scenario, scenarioTable } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

const GET = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';
const NEVER = { BACKEND: JSON.stringify({ listen: 'never' }) };

/** The key that the backend sees, and whether a second connect finds the backend. */
const withKey =
  (key: string): Scenario['run'] =>
  async (stage) => {
    const first = await stage.connect('first', { key });
    if (first === undefined) return;
    await stage.waitFor(first, 'ready');
    stage.note('key', (await first.control.environment()).SESSION_BACKEND_KEY);
    await stage.connect('second', { key });
  };

async function connectAtOnce(stage: Stage, count: number, keyOf: (index: number) => string): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) => stage.connectQuietly(`c${index}`, { key: keyOf(index) })),
  );
  const connected = answers.flatMap((each) => (each.ok ? [each] : []));
  stage.note('connected', connected.length);
  stage.note('spawned', connected.filter(({ spawned }) => spawned).length);
  stage.note('backends', new Set(connected.map(({ id }) => id)).size);
}

/** Connects to keys. */
export const connects = scenarioTable('connects', {
  'a second user of a key': async (stage) => {
    const first = await stage.spawn('a', { key: 'second-user', user: 'ann' });
    await stage.waitFor(first, 'ready');
    const second = await stage.connect('b', { key: 'second-user', user: 'bob' });
    if (second !== undefined) await stage.exchange('bob', { on: second, send: GET });
  },
  'spawn false, key unheld': async (stage) => {
    await stage.connect('a', { key: 'unheld', spawn: false });
  },
  'spawn false, key held': async (stage) => {
    const first = await stage.spawn('a', { key: 'held' });
    await stage.waitFor(first, 'ready');
    await stage.connect('b', { key: 'held', spawn: false });
  },
  'spawn false, after the holder ended': async (stage) => {
    const first = await stage.spawn('a', { key: 'was-held' });
    await stage.waitFor(first, 'ready');
    await stage.terminate(first, 'hard');
    await stage.waitFor(first, 'terminated');
    await stage.connect('b', { key: 'was-held', spawn: false });
  },
  'spawn false without a key': async (stage) => {
    await stage.connect('a', { spawn: false });
  },
  'without a key': async (stage) => {
    const first = await stage.spawn('first');
    await stage.spawn('second');
    await stage.waitFor(first, 'ready');
    await stage.exchange('exchange', { on: first, send: GET });
  },
  '50 at once to one key': (stage) => connectAtOnce(stage, 50, () => '50-at-once'),
  '20 at once to two keys': (stage) => connectAtOnce(stage, 20, (index) => `20-at-once-${index % 2}`),
  'one key in two services': async (stage) => {
    await stage.spawn('main', { key: 'two-services' });
    await stage.spawn('other', { key: 'two-services', service: 'other' });
  },
  'a key whose holder is being terminated': async (stage) => {
    const env = { BACKEND: JSON.stringify({ onSigterm: 6_000 }) };
    const first = await stage.spawn('first', { key: 'terminating', env });
    await stage.waitFor(first, 'ready');
    await stage.terminate(first, 'soft');
    await stage.waitFor(first, 'terminating');
    await stage.connect('second', { key: 'terminating' });
    await stage.ended(first);
  },
  'a key whose holder ended': async (stage) => {
    const first = await stage.spawn('first', { key: 'ended' });
    await stage.waitFor(first, 'ready');
    await stage.terminate(first, 'hard');
    await stage.waitFor(first, 'terminated');
    const second = await stage.spawn('second', { key: 'ended' });
    stage.note('another backend', second.id !== first.id);
  },
  'a key whose holder is not ready': async (stage) => {
    const first = await stage.spawn('first', { key: 'not-ready', env: NEVER });
    await stage.waitFor(first, 'waiting');
    await stage.connect('second', { key: 'not-ready' });
    await stage.terminate(first, 'hard');
    await stage.ended(first);
  },
  'the environment of a backend': async (stage) => {
    const env = { A: '1', EMPTY: '', 'WITH.DOT': 'x', UTF8: 'é 名', LINES: 'a\nb', EQUALS: 'a=b' };
    const backend = await stage.spawn('a', { key: 'environment', env });
    await stage.waitFor(backend, 'ready');
    const seen = await backend.control.environment();
    stage.note('given', Object.fromEntries(Object.keys(env).map((name) => [name, seen[name]])));
    const own = Object.entries(seen).filter(([name]) => name.startsWith('SESSION_BACKEND_'));
    stage.note('own', own.map(([name, value]) => `${name}=${value}`).sort());
  },
  'a key of one character': withKey('x'),
  'a key with spaces': withKey(' a  b '),
  'a key with slashes and dots': withKey('../a/./b//c'),
  'a key with all the signs': withKey('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'),
  'a key in other scripts': withKey('Ωмега 名前 😀'),
  'a key with a line end': withKey('a\nb\tc'),
  'a key of 128 characters': withKey('k'.repeat(128)),
  'a key of 128 characters of three bytes': withKey('名'.repeat(128)),
  'a key of 300 characters': withKey('k'.repeat(300)),
  'an empty key': async (stage) => {
    await stage.connect('first', { key: '' });
  },
  'a key with a NUL': withKey('a\u0000b'),
  'a user of 300 characters': async (stage) => {
    await stage.connect('a', { key: 'long-user', user: 'u'.repeat(300) });
  },
  'a user with a NUL': async (stage) => {
    await stage.connect('a', { key: 'nul-user', user: 'a\u0000b' });
  },
});
