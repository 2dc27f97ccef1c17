import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What a backend reports before it listens. */
interface Hold {
  backend: string;
  key: string;
  port: number;
  /** The soak and the dev server's life that the backend belongs to. */
  tag: string;
}

interface Holder extends Hold {
  socket: Socket;
  /** Holders of the same key that reported while this one was connected. */
  successors: Holder[];
}

/**
 * Records which process holds which key. Each backend keeps a connection open as long as its process is alive. A
 * process that answers after another one has reported the same key proves that both were alive at once.
 */
export class HolderRecorder {
  /** Descriptions of keys with two living processes at once. */
  readonly doubles: string[] = [];
  /** The ports that backends listened on. */
  readonly ports = new Set<number>();
  #reports = 0;
  readonly #holders = new Set<Holder>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#receive(socket));
  }

  /** Listens on all addresses, so that containers can reach it. */
  static async listen(): Promise<HolderRecorder> {
    const server = createServer({ noDelay: true }).listen({ port: 0, host: '0.0.0.0' });
    await once(server, 'listening');
    return new HolderRecorder(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many processes have reported a key. */
  get reports(): number {
    return this.#reports;
  }

  /** Closes it and all connections. */
  close(): void {
    this.#server.close();
    for (const { socket } of this.#holders) socket.destroy();
  }

  #receive(socket: Socket): void {
    let text = '';
    let holder: Holder | undefined;
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (holder === undefined) holder = this.#add({ ...(JSON.parse(line) as Hold), socket, successors: [] });
        else this.#noteAlive(holder);
      }
    });
    // The process has ended; a reset means the same.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => holder && this.#holders.delete(holder));
  }

  #add(holder: Holder): Holder {
    this.#reports += 1;
    this.ports.add(holder.port);
    for (const other of this.#holders) {
      if (other.key !== holder.key || !isSameSoak(other, holder)) continue;
      other.successors.push(holder);
      other.socket.write('alive?\n');
    }
    this.#holders.add(holder);
    holder.socket.write('recorded\n');
    return holder;
  }

  #noteAlive(holder: Holder): void {
    for (const { key, backend, tag } of holder.successors.splice(0)) {
      this.doubles.push(`${key}: ${holder.backend} (${holder.tag}) lived when ${backend} (${tag}) started`);
    }
  }
}

/**
 * Tags are `NAME-LIFE`: a backend of a killed dev server must not be alive either when the next one assigns its key.
 */
function isSameSoak(one: Hold, other: Hold): boolean {
  const nameOf = (tag: string) => tag.slice(0, tag.lastIndexOf('-'));
  return nameOf(one.tag) === nameOf(other.tag);
}
