import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { waitFor } from '../support/wait.js';
import { ask } from './http-client.js';
import type { Fault, SoakProject } from './project.js';
import type { Session, SessionWorld } from './session.js';

/** The time limit for new code, or for an answer of a session. */
const SETTLE_DEADLINE_MS = 120_000;
const FLOOD_LINES = 5_000;
const LONGEST_READ_MS = 3_000;

export interface ActionWorld extends SessionWorld {
  project: SoakProject;
  sessions: readonly Session[];
  /** Clients that stay while other actions run. */
  background: Set<Promise<unknown>>;
}

type Action = (world: ActionWorld) => Promise<unknown>;

/** Actions on a dev server and its sessions, with their probabilities. Each returns when the next may begin. */
const ACTIONS: readonly { name: string; weight: number; act: Action }[] = [
  { name: 'crashes', weight: 5, act: crash },
  { name: 'terminations', weight: 4, act: terminate },
  { name: 'good saves', weight: 4, act: async ({ project }) => project.saveGood() },
  { name: 'broken saves', weight: 1, act: (world) => saveFaulty(world, 'syntax') },
  { name: 'saves that fail at the start', weight: 1, act: (world) => saveFaulty(world, 'start') },
  { name: 'builds', weight: 1, act: ({ server }) => server.ask('/_jamdev/build', {}) },
  { name: 'floods', weight: 3, act: flood },
  { name: 'slow readers of streams', weight: 3, act: readSlowly },
  { name: 'slow readers of WebSockets', weight: 3, act: receiveSlowly },
  { name: 'clients that hang up', weight: 5, act: hangUp },
  { name: 'bursts of new keys', weight: 2, act: burst },
];

/** Runs one of them at random. */
export async function actByChance(world: ActionWorld): Promise<void> {
  const lots = ACTIONS.flatMap((action) => Array.from({ length: action.weight }, () => action));
  const { name, act } = world.dice.pick(lots);
  world.ledger.count(name);
  await act(world);
}

/** Waits until every session runs the newest code; a session that never does is lost. */
async function untilSettled({ sessions, project, ledger, life }: ActionWorld): Promise<void> {
  const late = () => sessions.filter(({ version }) => version !== project.version);
  await waitFor(() => late().length === 0, 'new code', SETTLE_DEADLINE_MS).catch(() => {
    const text = (session: Session) => `${session.key} (version ${session.version})`;
    ledger.noteLost(late().map(text).join(', '), life, `did not come to version ${project.version}`);
  });
}

async function crash({ sessions, dice, ledger }: ActionWorld): Promise<void> {
  const victim = dice.pick(sessions).current;
  if (victim === undefined) return;
  ledger.excuse(victim.backend_id);
  await ask(`${victim.url}${dice.pick(['exit/0', 'exit/1', 'abort', 'throw'])}`);
}

async function terminate({ sessions, dice, ledger, server }: ActionWorld): Promise<void> {
  const victim = dice.pick(sessions).current;
  if (victim === undefined) return;
  ledger.excuse(victim.backend_id);
  await server.ask(`/v2/backend/${victim.backend_id}/terminate`, { hard: dice.chance(0.5) });
}

/**
 * Begins with all sessions at rest, so that no process is about to read the code. With a syntax error the build fails,
 * and sessions must continue; otherwise they may end with the faulty code, but must return with the good one.
 */
async function saveFaulty(world: ActionWorld, fault: Fault): Promise<void> {
  const { project, ledger, sessions, dice } = world;
  await untilSettled(world);
  ledger.isCodeFaulty = true;
  if (fault === 'start')
    for (const { current } of sessions) if (current !== undefined) ledger.excuse(current.backend_id);
  project.saveFaulty(fault);
  await pause(dice.below(1_500));
  project.saveGood();
  await untilSettled(world);
  ledger.isCodeFaulty = false;
}

async function flood({ sessions, dice, background }: ActionWorld): Promise<void> {
  const url = dice.pick(sessions).current?.url;
  if (url !== undefined) background.add(ask(`${url}print/${FLOOD_LINES}`));
}

/** A client that opens a stream of the API, reads little or nothing of it, and leaves. */
async function readSlowly({ sessions, dice, server, background }: ActionWorld): Promise<void> {
  const id = dice.pick(sessions).current?.backend_id;
  if (id === undefined) return;
  const backend = `/v2/backend/${id}`;
  const paths = [`${backend}/logs/stream`, `${backend}/status/stream`, `${backend}/metrics/stream`, '/_jamdev/logs'];
  background.add(sendRaw(server.apiUrl, requestOf('GET', dice.pick(paths)), dice.below(LONGEST_READ_MS)));
}

/** A client that makes a backend send many messages, does not read them, and leaves. */
async function receiveSlowly({ sessions, dice, background }: ActionWorld): Promise<void> {
  const url = dice.pick(sessions).current?.url;
  if (url === undefined) return;
  const socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false, handshakeTimeout: 10_000 });
  socket.on('error', () => undefined);
  socket.on('open', () => {
    socket.pause();
    socket.send('pour');
  });
  background.add(pause(dice.below(LONGEST_READ_MS)).then(() => socket.terminate()));
}

/** A client that leaves in the middle of something. */
async function hangUp({ sessions, dice, server, background }: ActionWorld): Promise<void> {
  const session = dice.pick(sessions);
  const { pathname } = new URL(session.current?.url ?? server.proxyUrl);
  const body = JSON.stringify({ key: session.key, spawn: true });
  const whole = requestOf('POST', '/v2/service/-/-/connect', body);
  const upgrade = `connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\n`;
  const [url, text] = dice.pick<readonly [string, string]>([
    [server.apiUrl, whole],
    [server.apiUrl, whole.slice(0, 20 + dice.below(whole.length - 20))],
    [server.proxyUrl, requestOf('GET', `${pathname}silence`)],
    [server.proxyUrl, requestOf('GET', pathname).replace('\r\n\r\n', `\r\n${upgrade}\r\n`)],
    [server.proxyUrl, requestOf('GET', pathname).slice(0, 20)],
  ]);
  background.add(sendRaw(url, text, dice.below(200)));
}

/** Several new keys at once, some of which no client waits for; then all of them end. */
async function burst({ dice, server, ledger }: ActionWorld): Promise<void> {
  const keys = Array.from({ length: 2 + dice.below(4) }, (_, index) => `burst-${dice.below(1e9)}-${index}`);
  await Promise.all(
    keys.map(async (key) => {
      const answer = await server.ask('/v2/service/-/-/connect', { key, spawn: true });
      if (answer?.status !== 200) return;
      const { backend_id, url } = JSON.parse(answer.text) as { backend_id: string; url: string };
      ledger.excuse(backend_id);
      if (dice.chance(0.6)) await ask(url);
      await server.ask(`/v2/backend/${backend_id}/terminate`, { hard: dice.chance(0.7) });
    }),
  );
}

function requestOf(method: string, path: string, body = ''): string {
  const length = body === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${length}\r\n${body}`;
}

/** Sends text over its own connection, reads nothing, and closes the connection after some time. */
async function sendRaw(url: string, text: string, openMs: number): Promise<void> {
  const socket = connect(Number(new URL(url).port), 'localhost');
  socket.on('error', () => socket.destroy());
  socket.pause();
  socket.write(text);
  await pause(openMs);
  socket.destroy();
}
