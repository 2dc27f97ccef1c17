import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Upper bounds in seconds. */
const DURATION_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 45];

/** The metrics that `jamdev serve` collects about itself. */
export class ServeMetrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram;
  readonly #spawns: Counter;

  /** @param followed returns how many backends this process follows */
  constructor(followed: () => number) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'jamdev_http_request_duration_seconds',
      help: 'Time until an answer was sent, without streams.',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#spawns = new Counter({
      name: 'jamdev_spawned_backends_total',
      help: 'Backends spawned by this process.',
      registers,
    });
    new Gauge({
      name: 'jamdev_followed_backends',
      help: 'Live backends whose statuses this process writes into the database.',
      registers,
      collect() {
        this.set(followed());
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  read(): Promise<string> {
    return this.#registry.metrics();
  }

  countSpawn(): void {
    this.#spawns.inc();
  }

  /** Measures the duration of a request. Call this before any other work on it. */
  measure(request: IncomingMessage, response: ServerResponse): void {
    const startMs = performance.now();
    response.once('finish', () => {
      if (/^(text\/event-stream|application\/x-ndjson)/.test(String(response.getHeader('content-type')))) return;
      // Uses the route pattern: actual paths contain ids and tokens, and would create a time series per request.
      const { path: route = 'none' } = (request as { route?: { path?: string } }).route ?? {};
      const labels = { method: request.method ?? '', route, status: response.statusCode };
      this.#requests.observe(labels, (performance.now() - startMs) / 1000);
    });
  }
}
