import { z } from 'zod';
import { HOST_NAME_RULE, isHostName } from '../contract/hosts.js';
import { isImageReference } from '../contract/image-reference.js';
import { MAX_WARM } from '../contract/limits.js';
import { serveSchema } from './serve-schema.js';
import { SERVICE_NAME } from './service-name.js';

const port = z.int().min(0).max(65_535);
const seconds = z.int().positive();

const publicUrl = z.string().refine(isBaseUrl, 'must be an http or https URL without a query');

/** Whether a text is a URL that paths can be appended to. */
function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '' && !/[?#]/.test(text);
}

const serviceShape = {
  command: z.string().min(1).optional().describe('The command that starts a backend as a child process.'),
  build: z
    .string()
    .min(1)
    .optional()
    .describe('The command that builds: run before the first backend and on every rebuild.'),
  env: z.record(z.string(), z.string()).optional().describe('Environment variables for every backend.'),
  envFile: z
    .union([z.literal(false), z.string(), z.array(z.string())])
    .optional()
    .describe('Files with more variables, as NAME=value lines. Default: .env, if it exists; false: none.'),
  remap8080: z
    .boolean()
    .optional()
    .describe('Redirect listen(8080) of a Node.js backend to its own port. Default: true.'),
  runtime: z
    .enum(['docker', 'process'])
    .optional()
    .describe('How backends run. Default: docker if there is a Dockerfile, otherwise process.'),
  dockerfile: z.string().min(1).optional().describe('The Dockerfile to build backends from.'),
  dockerOptions: z
    .strictObject({
      path: z.string().optional().describe('The build context. Default: the folder of the project or service.'),
      network: z.string().optional().describe('The Docker network that backends join.'),
      buildArgs: z.record(z.string(), z.string()).optional().describe('Values for ARG in the Dockerfile.'),
      target: z.string().optional().describe('The stage of the Dockerfile to build.'),
      init: z
        .boolean()
        .optional()
        .describe("Run Docker's init as the first process. Default: true, unless the image has its own init."),
    })
    .optional()
    .describe('Settings of Docker backends.'),
  platform: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The platform to build images for. Default: linux/amd64, the platform of production; native: the platform of this machine.',
    ),
  watch: z
    .union([z.boolean(), z.string(), z.array(z.string())])
    .optional()
    .describe('Paths to watch for changes. Default: the build context, or the folder; false: nothing.'),
  ignore: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe(
      "Patterns of files not to watch, as in a .gitignore in the service's folder. They override all other rules.",
    ),
  poll: z
    .boolean()
    .optional()
    .describe('Poll for changes. Default: only where the system reports no changes, such as on network file systems.'),
  onChange: z
    .enum(['terminate', 'restart', 'keep'])
    .optional()
    .describe('What happens to running backends after a good build. Default: restart.'),
  useStaticToken: z.boolean().optional().describe('Use one connection token per backend, which stays in the path.'),
  maxIdleSeconds: seconds
    .optional()
    .describe('End a backend after this many seconds without a connection. Default: 300.'),
  lifetimeLimitSeconds: seconds.optional().describe('End a backend this many seconds after its spawn. Default: never.'),
  gracePeriodSeconds: seconds
    .optional()
    .describe('Seconds between SIGTERM and SIGKILL when a backend is ended. Default: 10.'),
  warmPool: z
    .int()
    .min(0)
    .max(MAX_WARM)
    .optional()
    .describe(
      'The number of backends to start ahead of time; they must use the protocol of @jamsocket/session-backend. Default: 0.',
    ),
  warm: z
    .int()
    .min(0)
    .max(MAX_WARM)
    .optional()
    .describe(
      'The number of Node.js processes or containers to start ahead of time for the next backends. Default: 1; 0: none.',
    ),
  image: z
    .string()
    .refine(isImageReference, 'must be a reference such as registry.example.com/app@sha256:...')
    .optional()
    .describe('For jamdev serve: the image of the environment "default", as a full reference.'),
  pullPolicy: z
    .enum(['IfNotPresent', 'Always', 'Never'])
    .optional()
    .describe('For jamdev serve: when drones pull the image. Default: IfNotPresent.'),
  rewriteRedirects: z
    .boolean()
    .optional()
    .describe("Add the connection token to a backend's redirects to its own absolute paths. Default: false."),
};

/** One of several services in a config file. */
const serviceSchema = z.strictObject({
  folder: z.string().min(1).optional().describe("The service's own folder. Default: the project folder."),
  ...serviceShape,
});
/** The settings of a service in a config file. */
export type ServiceSettings = z.infer<typeof serviceSchema>;

/**
 * `jamsocket.config.json`, the file of the platform's own dev server, with jamdev's additions. `jamdev.config.json` has
 * the same schema.
 */
export const configFileSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors; ignored.'),
  ...serviceShape,
  services: z
    .record(z.string(), serviceSchema)
    .meta({ propertyNames: { pattern: SERVICE_NAME.source } })
    .optional()
    .describe('Several services by name, instead of one; the first is the default.'),
  port: port.optional().describe('The port of the API. Default: 8080; 0: any free one.'),
  proxyPort: port.optional().describe('The port of the proxy. Default: 9090; 0: any free one.'),
  host: z.string().min(1).optional().describe('Listen on this host instead of loopback only.'),
  allowedHosts: z
    .array(z.string().refine(isHostName, HOST_NAME_RULE))
    .optional()
    .describe('Additional host names that may be used to reach the API and the proxy.'),
  publicUrl: z
    .strictObject({
      api: publicUrl.optional().describe('The public URL of the API.'),
      proxy: publicUrl.optional().describe('The public URL of the proxy; backends see its scheme.'),
    })
    .optional()
    .describe('The URLs of a tunnel or TLS proxy in front of the dev server; connect results contain them.'),
  serve: serveSchema
    .optional()
    .describe('Settings of jamdev serve and of the commands that manage it; jamdev dev ignores them.'),
  remote: z
    .strictObject({
      address: z
        .string()
        .refine(isHostName, HOST_NAME_RULE)
        .optional()
        .describe(
          "The address of the engine's machine where container ports are published. Default: the host of the engine; with ssh://, none: its loopback, through SSH.",
        ),
    })
    .optional()
    .describe('For a Docker Engine on another machine.'),
  interactive: z
    .boolean()
    .optional()
    .describe('Show a footer and enable keyboard shortcuts in a terminal. Default: true.'),
  styleLogOutput: z.boolean().optional().describe("Show the colors in backends' output. Default: true."),
});

/** The content of a config file. */
export type ConfigFile = z.infer<typeof configFileSchema>;
