import { exchangeTable } from '../../stage/scenario.js';
import { endings } from './endings.js';
import { framings } from './framings.js';
import { headers } from './headers.js';
import { statuses } from './statuses.js';

/** What a backend may answer, and how much of it reaches the client. */
export const responses = exchangeTable('responses', { ...framings, ...statuses, ...headers, ...endings });
