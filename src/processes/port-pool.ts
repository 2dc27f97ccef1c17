import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { requestErrors } from '../contract/errors/request-errors.js';
import { ignoreError } from '../os/debug/debug-log.js';

/**
 * Below the range of ephemeral ports on Linux (32768) and macOS (49152), so that no other program gets these ports by
 * chance.
 */
const FIRST_PORT = 20_000;
const BLOCK_SIZE = 64;
const BLOCK_COUNT = 198;

/** A block of ports that belongs to this pool as long as its claim listens. */
interface Block {
  claim: Server;
  first: number;
}

/**
 * Hands out ports for child processes to listen on. No two users of a pool, and no two dev servers on this machine, ever
 * hold the same port. A dev server claims ports in blocks: it listens on a block's first port itself and hands out the
 * others in turn. The system allows only one process to listen on that port, and frees it when the process exits.
 */
export class PortPool {
  readonly #blocks: Block[] = [];
  readonly #inUse = new Set<number>();
  #cursor = 0;
  #claiming: Promise<void> | undefined;
  #closed = false;

  /**
   * @returns a port that nothing listens on, reserved until {@link release}
   * @throws JamdevError `ShuttingDown` once the pool is closed
   */
  async acquire(): Promise<number> {
    for (;;) {
      if (this.#closed) throw requestErrors.shuttingDown();
      const candidates = this.#blocks.length * (BLOCK_SIZE - 1);
      for (let tried = 0; tried < candidates; tried += 1) {
        const port = this.#portAt(this.#cursor % candidates);
        this.#cursor = (this.#cursor + 1) % candidates;
        if (this.#inUse.has(port)) continue;
        // Reserved before the first await, so that concurrent callers skip it.
        this.#inUse.add(port);
        if (await isFree(port)) return port;
        this.#inUse.delete(port);
      }
      this.#claiming ??= this.#claimBlock().finally(() => {
        this.#claiming = undefined;
      });
      await this.#claiming;
    }
  }

  release(port: number): void {
    this.#inUse.delete(port);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#claiming?.catch(ignoreError('processes', 'claiming ports'));
    for (const { claim } of this.#blocks.splice(0)) claim.close();
  }

  #portAt(index: number): number {
    const block = this.#blocks[Math.floor(index / (BLOCK_SIZE - 1))] as Block;
    return block.first + 1 + (index % (BLOCK_SIZE - 1));
  }

  async #claimBlock(): Promise<void> {
    const start = Math.floor(Math.random() * BLOCK_COUNT);
    for (let offset = 0; offset < BLOCK_COUNT; offset += 1) {
      const first = FIRST_PORT + ((start + offset) % BLOCK_COUNT) * BLOCK_SIZE;
      const claim = await tryListen(first, '127.0.0.1');
      if (claim === undefined) continue;
      claim.unref();
      if (this.#closed) claim.close();
      else this.#blocks.push({ claim, first });
      return;
    }
    throw new Error(`no free ports between ${FIRST_PORT} and ${FIRST_PORT + BLOCK_COUNT * BLOCK_SIZE}`);
  }
}

/** Whether a backend could listen on the port, on both loopback addresses. */
async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const server = await tryListen(port, host);
    if (server === undefined) return false;
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
  return true;
}

/** @returns undefined if the port is taken; a server that does not listen if the machine lacks the address */
async function tryListen(port: number, host: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ port, host, exclusive: true });
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' ? server : undefined;
  }
}
