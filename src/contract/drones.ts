import { z } from 'zod';
import { timeSchema } from './status.js';

/** How a drone stands. */
const DRONE_STATES = ['ready', 'starting', 'draining', 'silent', 'lost'] as const;

/** A drone of the cluster. */
const droneSchema = z
  .object({
    name: z.string(),
    state: z
      .enum(DRONE_STATES)
      .describe(
        'silent: connected, but without a recent report; lost: not connected, although it was seen or is configured',
      ),
    backends: z.int().nullable().describe('How many backends Plane counts on it; null: unknown.'),
    version: z.string().nullable().describe("Plane's version there; null: unknown."),
    last_seen_at: timeSchema.nullable().describe('When it last reported; null: never.'),
    engine: z.enum(['ok', 'unreachable', 'not configured']).describe('Its Docker Engine, by serve.drones.'),
    engine_problem: z.string().optional(),
  })
  .meta({ id: 'Drone' });
export type DroneJson = z.infer<typeof droneSchema>;

/** `GET /v2/drones`. */
export const droneListSchema = z
  .object({ cluster: z.string(), drones: z.array(droneSchema) })
  .meta({ id: 'DroneList' });
