import type { ClientOptions } from '../../option-values.js';

/** Options of `jamdev list`. */
export interface ListOptions extends ClientOptions {
  all?: boolean;
  everywhere?: boolean;
  pool?: boolean;
}
