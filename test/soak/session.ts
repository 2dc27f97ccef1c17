import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Dice } from '../crash/dice.js';
import type { DevServer } from './dev-server.js';
import { ask } from './http-client.js';
import type { Life, SoakLedger } from './ledger.js';

/** A session without an answer for this long is lost, however slow the machine is. */
const SILENCE_DEADLINE_MS = 90_000;
const LONGEST_PAUSE_MS = 120;
const ENDED = /"status":"(?:terminating|hard-terminating|terminated)"/;

interface Connected {
  backend_id: string;
  url: string;
}

export interface SessionWorld {
  server: DevServer;
  life: Life;
  ledger: SoakLedger;
  dice: Dice;
}

/** A client of one key: connects, sends messages and requests, and reconnects when its session has ended. */
export class Session {
  readonly key: string;
  readonly #world: SessionWorld;
  #current: Connected | undefined;
  #version: number | undefined;
  #lastAnswerMs = performance.now();

  constructor(key: string, world: SessionWorld) {
    this.key = key;
    this.#world = world;
  }

  /** The session in use; undefined if there is none. */
  get current(): Connected | undefined {
    return this.#current;
  }

  /** The version of the code at the other end of the open WebSocket; undefined if none is open. */
  get version(): number | undefined {
    return this.#version;
  }

  /** Continues until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { life, ledger } = this.#world;
    this.#lastAnswerMs = performance.now();
    while (!signal.aborted && !life.isOver) {
      this.#current = await this.#connect();
      if (this.#current !== undefined) {
        ledger.count('sessions');
        ledger.noteStarted(this.#current.backend_id);
        await this.#use(this.#current, signal);
        this.#current = undefined;
      } else if (this.#isSilent()) {
        ledger.noteLost(`the key ${this.key}`, life, 'could not be connected to');
      }
      await this.#pause();
    }
  }

  async #connect(): Promise<Connected | undefined> {
    const answer = await this.#world.server.ask('/v2/service/-/-/connect', { key: this.key, spawn: true });
    return answer?.status === 200 ? (JSON.parse(answer.text) as Connected) : undefined;
  }

  /** Uses a session until it has ended, or was lost. */
  async #use({ backend_id, url }: Connected, signal: AbortSignal): Promise<void> {
    const { server, life, ledger } = this.#world;
    while (!signal.aborted && !life.isOver) {
      const refusal = await this.#talk(url, signal);
      if (signal.aborted || life.isOver) return;
      const answer = await server.ask(`/v2/backend/${backend_id}/status`);
      if (answer !== undefined && (answer.status === 404 || ENDED.test(answer.text))) {
        return ledger.noteLost(backend_id, life, `ended: ${answer.text}`);
      }
      // The status was read after the refusal, and the token of a running session must work.
      if (answer?.status === 200 && refusal === 410) return ledger.noteLost(backend_id, life, 'refused its own token');
      if (this.#isSilent()) return ledger.noteLost(backend_id, life, `was silent; its status: ${answer?.text}`);
      await this.#pause();
    }
  }

  /**
   * Sends messages over a WebSocket until it is closed.
   * @returns the status with which the upgrade was refused, if it was
   */
  async #talk(url: string, signal: AbortSignal): Promise<number | undefined> {
    const { ledger, dice } = this.#world;
    const socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false, handshakeTimeout: 60_000 });
    const close = () => socket.terminate();
    signal.addEventListener('abort', close, { once: true });
    let refusal: number | undefined;
    socket.on('unexpected-response', (_request, response) => {
      refusal = response.statusCode;
      socket.terminate();
    });
    // The status of the backend shows what went wrong; the socket is closed next.
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    let count = 0;
    const speak = () => socket.send(`message ${count}`);
    socket.on('open', speak);
    socket.on('message', async (data) => {
      const [, version, echo] = /^(\d+) (.*)$/.exec(String(data)) ?? [];
      if (echo !== `message ${count}`) ledger.lost.push(`${this.key}: "${data}" came for message ${count}`);
      this.#lastAnswerMs = performance.now();
      this.#version = Number(version);
      ledger.count('messages');
      if (dice.chance(0.1) && (await ask(url))?.status === 200) ledger.count('requests');
      await this.#pause();
      count += 1;
      if (socket.readyState === WebSocket.OPEN) speak();
    });
    await closed;
    this.#version = undefined;
    signal.removeEventListener('abort', close);
    return refusal;
  }

  #isSilent(): boolean {
    return performance.now() - this.#lastAnswerMs > SILENCE_DEADLINE_MS;
  }

  #pause(): Promise<void> {
    return pause(10 + this.#world.dice.below(LONGEST_PAUSE_MS));
  }
}
