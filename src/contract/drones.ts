import { z } from 'zod';
import { timeSchema } from './status.js';

/** The state of a drone. */
const DRONE_STATES = ['ready', 'starting', 'draining', 'silent', 'lost'] as const;

/** A drone of the cluster. */
const droneSchema = z
  .object({
    name: z.string(),
    state: z
      .enum(DRONE_STATES)
      .describe('silent: connected, but without a recent report; lost: seen before or configured, but not connected'),
    backends: z.int().nullable().describe('The number of its backends according to Plane; null: unknown.'),
    version: z.string().nullable().describe("The drone's version of Plane; null: unknown."),
    last_seen_at: timeSchema.nullable().describe('When it last reported; null: never.'),
    engine: z.enum(['ok', 'unreachable', 'not configured']).describe('The state of its Docker Engine in serve.drones.'),
    engine_problem: z.string().optional(),
  })
  .meta({ id: 'Drone' });
export type DroneJson = z.infer<typeof droneSchema>;

/** `GET /v2/drones`. */
export const droneListSchema = z
  .object({ cluster: z.string(), drones: z.array(droneSchema) })
  .meta({ id: 'DroneList' });
