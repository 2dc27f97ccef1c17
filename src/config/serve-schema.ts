import { z } from 'zod';
import { ACCOUNT_NAME } from '../contract/accounts.js';
import { droneEndpointSchema } from './drone-endpoint.js';

/** A cluster's name: a host name, with the port of its proxies unless that is the scheme's default port. */
const CLUSTER_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;

const port = z.int().min(0).max(65_535);
const count = z.int().positive();
const httpUrl = z.string().refine(isHttpUrl, 'must be an http or https URL without a path');

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash, pathname } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '' && pathname === '/';
}

/** The schema of `serve` in a config file: the platform's API in front of a Plane cluster. */
export const serveSchema = z.strictObject({
  controller: httpUrl.optional().describe("The URL of the Plane cluster's controllers."),
  cluster: z
    .string()
    .regex(CLUSTER_NAME, 'must be a host name, with the port of the proxies if it is not 443')
    .optional()
    .describe('The name of the cluster that its drones and proxies were started with.'),
  pool: z.string().optional().describe('Use only drones of this pool. Default: drones without a pool.'),
  database: z.string().min(1).optional().describe('The URL of its PostgreSQL database: postgres://...'),
  publicUrl: httpUrl.optional().describe('The public URL of this API. Default: the address that it listens on.'),
  port: port.optional().describe('The port of the API. Default: 8080; 0: any free one.'),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe('The file with the certificate, followed by those of its authorities.'),
      key: z.string().min(1).describe('The file with its private key.'),
    })
    .optional()
    .describe('Serve the API over TLS, with these files in PEM format; they are reloaded when they change.'),
  host: z.string().min(1).optional().describe('Listen on this host instead of loopback only. Needs an API token.'),
  subdomains: z
    .boolean()
    .optional()
    .describe('Give each backend its own origin, BACKEND.CLUSTER. Default: true, except for localhost.'),
  drones: z
    .record(z.string(), droneEndpointSchema)
    .optional()
    .describe(
      'The Docker Engines of drones, by the name of the drone: unix:///PATH, ssh://USER@HOST, or tcp://HOST:PORT with TLS.',
    ),
  registry: httpUrl
    .optional()
    .describe('The URL of the registry to push images to, as clients, drones and this process reach it.'),
  registryKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The signing key of the registry and its certificate, in PEM format. Every jamdev serve uses the same key.',
    ),
  registryKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe('The file with the signing key of the registry, written by jamdev serve --init.'),
  onLostDrone: z
    .enum(['spawn', 'wait'])
    .optional()
    .describe(
      "What to do when the last backend of a key may still run on a drone that can't be reached: spawn another backend, or wait (connects get 503). Default: spawn.",
    ),
  lostAfterSeconds: z
    .int()
    .min(30)
    .optional()
    .describe('After a drone is silent for this many seconds, its backends count as lost. Default: 120.'),
  logRetentionDays: count
    .optional()
    .describe('The number of days to keep the last 1 MiB of a log after its backend has ended. Default: 7.'),
  backendRetentionDays: count
    .optional()
    .describe(
      'The number of days to keep a backend and its statuses after its end; at least as long as its log. Default: 30.',
    ),
  auditRetentionDays: count.optional().describe('The number of days to keep audit entries. Default: 365.'),
  operators: z
    .array(z.string().regex(ACCOUNT_NAME, 'must be the name of an account'))
    .optional()
    .describe(
      'The accounts whose tokens with the scope admin may list and drain drones and read /metrics. Default: all accounts.',
    ),
  limits: z
    .strictObject({
      maxBackends: count.optional().describe('The maximum number of running backends per account. Default: no limit.'),
      connectsPerSecond: count
        .optional()
        .describe(
          'The maximum number of connects per second and account to each jamdev serve process. Default: no limit.',
        ),
      memoryBytes: count.optional().describe('The memory limit of a backend, unless the request sets one.'),
      cpuPercent: count
        .optional()
        .describe('The CPU limit of a backend in percent of one CPU, unless the request sets one.'),
    })
    .optional()
    .describe('Limits per account and per backend.'),
});
export type ServeSettings = z.infer<typeof serveSchema>;
