import { exchangeTable } from '../../stage/scenario.js';
import { bodies } from './bodies.js';
import { connections } from './connections.js';
import { headers } from './headers.js';
import { methods } from './methods.js';
import { sizes } from './sizes.js';
import { targets } from './targets.js';
import { users } from './users.js';

/** What a client may send, and how much of it reaches the backend. */
export const requests = exchangeTable('requests', {
  ...methods,
  ...targets,
  ...headers,
  ...bodies,
  ...sizes,
  ...connections,
  ...users,
});
