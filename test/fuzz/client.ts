import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ClientScript } from './grammar/request.js';
import { piecesOf } from './grammar/text.js';

/** What a client observed. */
export interface ClientOutcome {
  /** One character per byte. */
  received: string;
  /** The server ended the connection. */
  closed: boolean;
  /** The client had ended its side, or left, before. */
  leftFirst: boolean;
  /** What it waited for never came: neither an answer nor an end. */
  stuck: boolean;
}

export interface Patience {
  /** After this time without data the client ends its side, and then leaves. */
  quietMs: number;
  /** How long it waits for data that must come. */
  deadlineMs: number;
  /** Whether the received data is all that the client may expect. */
  isComplete: (received: string) => boolean;
  /** Whether more must come, according to the other side. */
  mustCome: () => boolean;
  /** Whether the connection must end once the client has ended its side. */
  mustEnd: () => boolean;
}

/** Sends the bytes of a script over its own connection, and waits for the result. */
export async function playClient(
  port: number,
  script: Pick<ClientScript, 'cuts' | 'leave'> & { text: string },
  patience: Patience,
): Promise<ClientOutcome> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  const outcome: ClientOutcome = { received: '', closed: false, leftFirst: false, stuck: false };
  let heardAt = performance.now();
  socket.on('data', (chunk) => {
    outcome.received += chunk.toString('latin1');
    heardAt = performance.now();
  });
  const gone = () => {
    outcome.closed = true;
  };
  socket.on('end', gone);
  socket.on('error', gone);
  socket.on('close', gone);
  try {
    await once(socket, 'connect');
    await send(socket, script, outcome);
    if (!outcome.leftFirst) await wait(socket, outcome, patience, () => heardAt);
  } catch {
    // The server was gone, or closed at once.
    outcome.closed = true;
  } finally {
    socket.destroy();
  }
  return outcome;
}

async function send(
  socket: Socket,
  { text, cuts, leave }: Pick<ClientScript, 'cuts' | 'leave'> & { text: string },
  outcome: ClientOutcome,
): Promise<void> {
  const pieces = piecesOf(text, cuts);
  for (const [index, piece] of pieces.entries()) {
    if (leave !== null && leave.after <= index) break;
    if (index > 0) await new Promise((resolve) => setImmediate(resolve));
    if (socket.writable) socket.write(piece, 'latin1');
  }
  if (leave === null) return;
  // So that part of it arrives.
  await new Promise((resolve) => setTimeout(resolve, 2));
  outcome.leftFirst = true;
  if (leave.reset) socket.resetAndDestroy();
}

async function wait(socket: Socket, outcome: ClientOutcome, patience: Patience, heardAt: () => number): Promise<void> {
  const startedAt = performance.now();
  let endedAt: number | undefined;
  for (;;) {
    if (outcome.closed || patience.isComplete(outcome.received)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = performance.now();
    const quietMs = now - Math.max(heardAt(), endedAt ?? startedAt);
    if (quietMs < patience.quietMs) continue;
    const waitedMs = now - startedAt;
    if (endedAt === undefined) {
      if (patience.mustCome()) {
        if (waitedMs < patience.deadlineMs) continue;
        outcome.stuck = true;
        return;
      }
      outcome.leftFirst = true;
      endedAt = now;
      socket.end();
    } else if (!patience.mustEnd()) {
      return;
    } else if (waitedMs > patience.deadlineMs) {
      outcome.stuck = true;
      return;
    }
  }
}
