import { z } from 'zod';

/** The name of a cluster: a host name, with the port of its proxies unless that is the scheme's own. */
const CLUSTER_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;

const port = z.int().min(0).max(65_535);
const count = z.int().positive();
const httpUrl = z.string().refine(isHttpUrl, 'must be an http or https URL without a path');

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash, pathname } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '' && pathname === '/';
}

/** `serve` in a config file: the platform's API in front of a Plane cluster. */
export const serveSchema = z.strictObject({
  controller: httpUrl.optional().describe('The address of the controllers of the Plane cluster.'),
  cluster: z
    .string()
    .regex(CLUSTER_NAME, 'must be a host name, with the port of the proxies if it is not 443')
    .optional()
    .describe('The name of the cluster, by which its drones and proxies were started.'),
  pool: z.string().optional().describe('Only drones of this pool. Default: those that are in none.'),
  database: z.string().min(1).optional().describe('The URL of its PostgreSQL database: postgres://...'),
  publicUrl: httpUrl.optional().describe('The URL that leads to this API. Default: the address that it listens on.'),
  port: port.optional().describe('The port of the API. Default: 8080; 0: any free one.'),
  host: z.string().min(1).optional().describe('Listen on this host instead of loopback only. Needs an API token.'),
  subdomains: z
    .boolean()
    .optional()
    .describe('Give each backend an origin of its own, BACKEND.CLUSTER. Default: true, except for localhost.'),
  drones: z
    .record(z.string(), z.string().regex(/^unix:\/\/\/./, 'must be unix:///PATH'))
    .optional()
    .describe('The Docker Engines of drones, by the name of the drone: unix:///PATH.'),
  onLostDrone: z
    .enum(['spawn', 'wait'])
    .optional()
    .describe(
      'When the last backend of a key may still run on a drone that is gone: spawn another, or refuse. Default: spawn.',
    ),
  logRetentionDays: count
    .optional()
    .describe('How long the end of the log of a backend that has ended is kept. Default: 7.'),
  limits: z
    .strictObject({
      maxBackends: count.optional().describe('How many backends an account may have at once. Default: any number.'),
      connectsPerSecond: count
        .optional()
        .describe('How often an account may connect per second, to each jamdev serve. Default: any number.'),
      memoryBytes: count.optional().describe('The memory of a backend, unless a request names another.'),
      cpuPercent: count.optional().describe('The CPU of a backend in percent of one, unless a request names another.'),
    })
    .optional()
    .describe('For each account.'),
});
