import type { BackendAnswer } from '../stage/control.js';
import type { ClientUntil } from '../stage/exchange.js';
import { scenarioTable } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

const GET = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';
const UPGRADE = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const ACCEPTED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

/** Limits count from the spawn: much longer than starting a container and reaching it takes on a busy machine. */
const LIMIT_S = 60;
/** Plane counts idle time from its proxy's last report, which can be many seconds late. */
const PAST_LIMIT_MS = 1.5 * LIMIT_S * 1_000;
const EVENT = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n';

/** The limits of idle time and lifetime. */
export const limits = scenarioTable('limits', {
  'idle, with nobody ever connected': async (stage) => {
    await stage.ended(await stage.spawn('a', { key: 'idle', maxIdleSeconds: LIMIT_S }));
  },
  'idle, while it starts': async (stage) => {
    const life = { listen: 'never' };
    await stage.ended(
      await stage.spawn('a', { key: 'idle-start', maxIdleSeconds: LIMIT_S, env: { BACKEND: JSON.stringify(life) } }),
    );
  },
  lifetime: async (stage) => {
    await stage.ended(await stage.spawn('a', { key: 'lifetime', lifetimeLimitSeconds: LIMIT_S }));
  },
  'both, the lifetime first': async (stage) => {
    const limits = { maxIdleSeconds: 600, lifetimeLimitSeconds: LIMIT_S };
    await stage.ended(await stage.spawn('a', { key: 'both-lifetime', ...limits }));
  },
  'both, idle first': async (stage) => {
    const limits = { maxIdleSeconds: LIMIT_S, lifetimeLimitSeconds: 600 };
    await stage.ended(await stage.spawn('a', { key: 'both-idle', ...limits }));
  },
  'idle, after a request': async (stage) => {
    const backend = await stage.spawn('a', { key: 'idle-request', maxIdleSeconds: LIMIT_S });
    await stage.waitFor(backend, 'ready');
    await stage.exchange('exchange', { on: backend, send: GET });
    await stage.ended(backend);
  },
  'idle, while a WebSocket is open': async (stage) => {
    await talkPastTheLimit(stage, 'idle-websocket', UPGRADE, 'closed', [
      ACCEPTED,
      { waitMs: PAST_LIMIT_MS },
      'still here',
    ]);
  },
  'idle, while an event stream is read': async (stage) => {
    await talkPastTheLimit(stage, 'idle-stream', GET, 'answered', [
      EVENT,
      { waitMs: PAST_LIMIT_MS },
      'data: still here\n\n',
    ]);
  },
});

/** The backend sends data at once and again after the idle limit; its lifetime ends later. */
async function talkPastTheLimit(
  stage: Stage,
  key: string,
  send: string,
  until: ClientUntil,
  pieces: BackendAnswer['pieces'],
): Promise<void> {
  const limits = { maxIdleSeconds: LIMIT_S, lifetimeLimitSeconds: 2.5 * LIMIT_S };
  const backend = await stage.spawn('a', { key, ...limits });
  await stage.waitFor(backend, 'ready');
  await backend.control.script(backend.secret ?? 'none', [{ pieces, ending: 'open' }]);
  stage.note('client', await stage.send({ send, until }, backend));
  await stage.ended(backend);
}
