import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const READY_TIMEOUT_MS = 5_000;

/**
 * One address in front of several servers, as operators provide it: each connection goes to the next server that
 * accepts it.
 */
export class Balancer {
  readonly #ports: readonly number[];
  readonly #readyPath: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next = 0;

  private constructor(ports: readonly number[], readyPath: string | undefined) {
    this.#ports = ports;
    this.#readyPath = readyPath;
    this.#server = createServer({ noDelay: true }, (client) => {
      client.on('error', () => undefined);
      this.#sockets.add(client);
      client.once('close', () => this.#sockets.delete(client));
      void this.#pass(client, this.#ports.length);
    });
  }

  /**
   * @param ports of the servers, on loopback
   * @param options.readyPath what a server must answer with 200 before it gets a connection
   */
  static async listen(
    ports: readonly number[],
    { host = '127.0.0.1', port = 0, readyPath }: { host?: string; port?: number; readyPath?: string } = {},
  ): Promise<Balancer> {
    const balancer = new Balancer(ports, readyPath);
    balancer.#server.listen(port, host);
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #pass(client: Socket, attempts: number): Promise<void> {
    if (attempts === 0 || client.destroyed) return void client.resetAndDestroy();
    const port = this.#ports[this.#next++ % this.#ports.length] as number;
    if (!(await this.#isReady(port))) return this.#pass(client, attempts - 1);
    if (client.destroyed) return;
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    let isConnected = false;
    const part = () => {
      client.destroy();
      server.destroy();
    };
    server.once('connect', () => {
      isConnected = true;
      client.pipe(server).pipe(client);
    });
    // The end of either side ends both; another server is tried only if one does not accept the connection.
    server.on('error', () => undefined);
    client.once('close', part);
    server.once('close', () => {
      this.#sockets.delete(server);
      client.off('close', part);
      if (isConnected || client.destroyed) part();
      else void this.#pass(client, attempts - 1);
    });
    this.#sockets.add(server);
  }

  /** Checked for each connection, because another process may have replaced the server since. */
  #isReady(port: number): Promise<boolean> {
    if (this.#readyPath === undefined) return Promise.resolve(true);
    const url = `http://127.0.0.1:${port}${this.#readyPath}`;
    return new Promise((resolve) => {
      const probe = get(url, { agent: false, timeout: READY_TIMEOUT_MS }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      probe.on('error', () => resolve(false));
      probe.on('timeout', () => probe.destroy(new Error('it does not answer')));
    });
  }
}
