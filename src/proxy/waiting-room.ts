import { backendErrors } from '../contract/errors/backend-errors.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import type { Clock } from '../os/clock.js';
import { preferredForm } from '../pages/preferred-form.js';
import type { Backend } from '../platform/backend.js';
import { isEnding } from '../platform/backend-state.js';
import type { Address } from '../runtime/runtime.js';
import type { Exchange } from './exchange.js';

/** How long a request waits before the reason is logged. */
const PATIENCE_MS = 10_000;

/** A request whose backend can't be reached yet. */
interface Waiting {
  backend: Backend;
  /** The name of the request in the log: "A request (GET)". */
  name: string;
  /** Whether a person is waiting in a browser and should see a page with the reason. */
  wantsPage: boolean;
}

/** Holds requests until their backend can be reached. */
export class WaitingRoom {
  readonly #clock: Clock;
  /** The reason that was last logged for each backend, so that it is logged only once. */
  readonly #said = new WeakMap<Backend, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits until the backend can be reached, as on the platform. After ten seconds, the reason is logged; a request that
   * accepts a page is then answered with the reason as soon as it is known. The backend is not given up.
   * @param signal aborts when the client has disconnected
   * @returns the backend's address, undefined if it can't be reached anymore, or an error to answer with
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

  /** Resolves with the error to answer with. Never resolves if the request shall not be answered with the reason. */
  #untilReason({ backend, name, wantsPage }: Waiting, signal: AbortSignal): Promise<JamdevError> {
    return new Promise((resolve, reject) => {
      const onChange = () => {
        if (backend.address !== undefined || isEnding(backend.state)) return;
        if (!wantsPage || backend.silence === undefined) this.#say(backend, name);
        // Checks again, since the reason may no longer apply.
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

/** Waits for an address that is still current: the process may be replaced just as it becomes reachable. */
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

/** Shortens a value from a client, which may be of any length and have any characters. */
function shorten(text: string): string {
  return text.slice(0, 40).replace(/[^ -~]/g, '?');
}
