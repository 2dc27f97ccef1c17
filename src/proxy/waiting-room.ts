import { backendErrors } from '../contract/errors/backend-errors.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import type { Clock } from '../os/clock.js';
import { preferredForm } from '../pages/preferred-form.js';
import type { Backend } from '../platform/backend.js';
import { isEnding } from '../platform/backend-state.js';
import type { Address } from '../runtime/runtime.js';
import type { Exchange } from './exchange.js';

/** How long a request waits before the log says why. */
const PATIENCE_MS = 10_000;

/** A request whose backend can't be reached yet. */
interface Waiting {
  backend: Backend;
  /** What the log calls it: "A request (GET)". */
  name: string;
  /** Whether a person in a browser waits, who is better served with a page that says the reason. */
  wantsPage: boolean;
}

/** Where requests wait until their backend can be reached. */
export class WaitingRoom {
  readonly #clock: Clock;
  /** The reason that was last logged for a backend, so that each is logged once. */
  readonly #said = new WeakMap<Backend, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits until the backend can be reached, as on the platform; after ten seconds the log says what for. One that wants
   * a page gets the reason as soon as it is known then. The backend is not given up.
   * @param signal aborts when the client has left
   * @returns where the backend is reached; undefined when it never will be; an error to answer with
   * @throws the signal's reason when it aborts
   */
  async wait(exchange: Exchange, backend: Backend, signal: AbortSignal): Promise<Address | JamdevError | undefined> {
    const waiting = describeWaiting(exchange, backend);
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    try {
      return await Promise.race([untilReached(backend, either), this.#untilReason(waiting, either)]);
    } finally {
      over.abort();
    }
  }

  /** Never resolves when the request is not answered with the reason. */
  #untilReason({ backend, name, wantsPage }: Waiting, signal: AbortSignal): Promise<JamdevError> {
    return new Promise((resolve, reject) => {
      const onChange = () => {
        if (backend.address !== undefined || isEnding(backend.state)) return;
        if (!wantsPage || backend.silence === undefined) this.#say(backend, name);
        // Checks once more, since the reason may no longer apply.
        else
          backend.explainSilence().then((reason) => {
            if (reason !== undefined) resolve(backendErrors.backendNotReady(backend.id, reason));
          }, reject);
      };
      const cancel = this.#clock.after(PATIENCE_MS, () => {
        if (signal.aborted) return;
        backend.events.on('silence', onChange);
        backend.events.on('state', onChange);
        onChange();
      });
      signal.addEventListener(
        'abort',
        () => {
          cancel();
          backend.events.off('silence', onChange);
          backend.events.off('state', onChange);
        },
        { once: true },
      );
    });
  }

  #say(backend: Backend, name: string): void {
    const text = `${backend.silence ?? WAITED_FOR[backend.state.status] ?? ''}`;
    if (this.#said.get(backend) === text) return;
    this.#said.set(backend, text);
    backend.remark(`${name} has been waiting for this backend for ${PATIENCE_MS / 1000} s. ${text}`);
  }
}

const WAITED_FOR: Partial<Record<Backend['state']['status'], string>> = {
  scheduled: 'It is about to start.',
  loading: 'Its build is running.',
  starting: 'It is starting.',
  waiting: 'It is running, but does not answer on its port yet.',
  ready: 'Its process is being replaced.',
};

/** Its process may be replaced at the moment in which it can be reached. */
async function untilReached(backend: Backend, signal: AbortSignal): Promise<Address | undefined> {
  let address = await backend.reachable(signal);
  while (address !== backend.address) address = await backend.reachable(signal);
  return address;
}

function describeWaiting({ request: { method, headers }, held }: Exchange, backend: Backend): Waiting {
  const isUpgrade = held !== undefined;
  return {
    backend,
    name: isUpgrade ? `An upgrade (${shorten(headers.upgrade ?? '')})` : `A request (${method})`,
    wantsPage: !isUpgrade && preferredForm(headers.accept, 'json') === 'html',
  };
}

/** What a client sends may be anything, and as long as it likes. */
function shorten(text: string): string {
  return text.slice(0, 40).replace(/[^ -~]/g, '?');
}
