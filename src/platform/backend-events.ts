import type { Address } from '../runtime/runtime.js';
import type { BackendState } from './backend-state.js';

/** What happens to a backend. */
export interface BackendEvents {
  state: [state: BackendState];
  /** A remark about this backend for the person at the terminal. */
  notice: [text: string];
  /** Where it is reached has changed; undefined: nowhere, while its process is replaced or gone. */
  address: [address: Address | undefined];
  /** The reason why it does not answer has become known, or no longer applies. */
  silence: [reason: string | undefined];
  /** Its process is being replaced by one of another build; `explanation` says so in words. */
  restarting: [buildNumber: number, explanation: string];
  /** It is reached again after that. */
  restarted: [buildNumber: number];
}
