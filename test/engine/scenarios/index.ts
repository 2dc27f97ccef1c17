import type { Scenario } from '../stage/scenario.js';
import { connects } from './connects.js';
import { life } from './life.js';
import { limits } from './limits.js';
import { requests } from './requests/index.js';
import { responses } from './responses/index.js';
import { tokens } from './tokens.js';
import { upgrades } from './upgrades.js';
import { waiting } from './waiting.js';

/** All scenarios by table; each table has a recording of that name. */
export const TABLES: Record<string, Scenario[]> = {
  requests,
  responses,
  upgrades,
  tokens,
  waiting,
  connects,
  life,
  limits,
};
