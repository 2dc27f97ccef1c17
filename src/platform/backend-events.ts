import type { Address } from '../runtime/runtime.js';
import type { BackendState } from './backend-state.js';

/** The events of a backend. */
export interface BackendEvents {
  state: [state: BackendState];
  /** A remark about this backend for the developer at the terminal. */
  notice: [text: string];
  /** The backend's address has changed; undefined while its process is being replaced or has ended. */
  address: [address: Address | undefined];
  /** The reason why the backend does not answer has become known, or no longer applies. */
  silence: [reason: string | undefined];
  /** The backend's process is being replaced by one of another build; `explanation` describes it in words. */
  restarting: [buildNumber: number, explanation: string];
  /** The replacement is ready and can be reached. */
  restarted: [buildNumber: number];
}
