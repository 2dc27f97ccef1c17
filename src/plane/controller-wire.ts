import { z } from 'zod';
import { statusSchema, terminationKindSchema, terminationReasonSchema } from '../contract/status.js';

/** A key in Plane's terms. Its tag must be the same in every request for the key. */
export interface PlaneKey {
  namespace: string;
  name: string;
  tag: string;
}

/** The settings with which Plane spawns a backend. */
export interface SpawnConfig {
  id: string;
  cluster: string;
  pool: string;
  subdomain: string | undefined;
  lifetime_limit_seconds: number | undefined;
  max_idle_seconds: number;
  use_static_token: boolean;
  executable: {
    image: string;
    pull_policy: 'IfNotPresent' | 'Always' | 'Never';
    /** Plane stores the credentials unencrypted. */
    credentials: { username: string; password: string } | undefined;
    env: Record<string, string>;
    resource_limits: Record<string, number>;
    mount: string | undefined;
  };
}

/** Body of `POST /ctrl/connect`. */
export interface PlaneConnectRequest {
  key: PlaneKey;
  user: string | undefined;
  auth: Record<string, unknown>;
  /** If undefined, Plane only looks for the holder of the key. */
  spawn_config: SpawnConfig | undefined;
}

/** Answer of `POST /ctrl/connect`. */
export const planeConnectionSchema = z.object({
  backend_id: z.string(),
  spawned: z.boolean(),
  status: statusSchema,
  token: z.string(),
  url: z.url(),
  secret_token: z.string().nullish(),
  /** Only included in the answer to the request that spawned the backend. */
  drone: z.string().nullish(),
});
export type PlaneConnection = z.infer<typeof planeConnectionSchema>;

/** A status of a backend. */
export const planeStatusSchema = z.object({
  status: statusSchema,
  /** Milliseconds since the epoch. */
  time: z.number(),
  termination_reason: terminationReasonSchema.nullish(),
  termination_kind: terminationKindSchema.nullish(),
  exit_error: z.boolean().nullish(),
});
export type PlaneStatus = z.infer<typeof planeStatusSchema>;

/** Plane assigns no backends to a drone that has not reported for longer. */
export const DRONE_REPORT_SECONDS = 30;

/** Answer of `GET /ctrl/c/CLUSTER/state`, reduced to the fields that are used. */
export const clusterStateSchema = z.object({
  drones: z.array(
    z.object({
      ready: z.boolean(),
      draining: z.boolean(),
      /** In seconds. */
      last_heartbeat_age: z.number(),
      backend_count: z.number(),
      node: z.object({ name: z.object({ Drone: z.string() }), plane_version: z.string() }),
    }),
  ),
});
export type ClusterState = z.infer<typeof clusterStateSchema>;

/** An error of the controller. */
export const planeErrorSchema = z.object({ id: z.string(), kind: z.string(), message: z.string() });
