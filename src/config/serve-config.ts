import { dirname, resolve } from 'node:path';
import { urlHost } from '../contract/hosts.js';
import { firstIssue } from '../contract/parse-request.js';
import { configErrors } from './config-errors.js';
import { readConfigFile } from './config-file.js';
import type { DroneEndpoint } from './drone-endpoint.js';
import type { ConfigFile, ServiceSettings } from './schema.js';
import { checkDatabaseUrl } from './serve-database.js';
import { type ServeSettings, serveSchema } from './serve-schema.js';
import { readSecretFile, readServeVariables, type ServeVariables } from './serve-variables.js';

/** The settings of a service that `jamdev serve` runs. */
interface ServedService {
  name: string;
  image: string | undefined;
  pullPolicy: 'IfNotPresent' | 'Always' | 'Never';
  useStaticToken: boolean;
  maxIdleSeconds: number | undefined;
  lifetimeLimitSeconds: number | undefined;
}

/** The complete config of `jamdev serve`. */
export interface ServeConfig {
  port: number;
  /** undefined: loopback only. */
  host: string | undefined;
  /** Files in PEM format; undefined: plain HTTP. */
  tls: { cert: string; key: string } | undefined;
  /** Without a trailing slash; undefined: the address that the API listens on. */
  publicUrl: string | undefined;
  controller: string;
  cluster: string;
  pool: string;
  database: string;
  subdomains: boolean;
  onLostDrone: 'spawn' | 'wait';
  lostAfterSeconds: number;
  /** How many days records are kept, by kind. */
  retention: { logDays: number; backendDays: number; auditDays: number };
  /** undefined: there is no registry to push to. */
  registry: RegistrySettings | undefined;
  /** By drone name. */
  drones: Readonly<Record<string, DroneEndpoint>>;
  /** The accounts that operate the cluster; undefined: all. */
  operators: readonly string[] | undefined;
  limits: {
    maxBackends?: number | undefined;
    connectsPerSecond?: number | undefined;
    memoryBytes?: number | undefined;
    cpuPercent?: number | undefined;
  };
  /** The default service first. */
  services: readonly ServedService[];
}

/** The registry whose token service is `jamdev serve`. */
export interface RegistrySettings {
  /** Without a trailing slash. */
  url: string;
  /** The signing key with its certificate, in PEM. */
  key: string;
}

const DEFAULT_SERVE_PORT = 8080;
const DEFAULT_SERVICE = 'default';
/** Chosen because the keys of a silent drone expire after 60 s at the latest. */
const DEFAULT_LOST_AFTER_SECONDS = 120;
const DEFAULT_LOG_RETENTION_DAYS = 7;
const DEFAULT_BACKEND_RETENTION_DAYS = 30;
const DEFAULT_AUDIT_RETENTION_DAYS = 365;

/** The command line options. */
export interface ServeFlags {
  config?: string;
  port?: number;
  host?: string;
  controller?: string;
  cluster?: string;
  database?: string;
  publicUrl?: string;
  registry?: string;
}

/** The config that `jamdev serve --init` needs. */
export interface InitConfig {
  registryUrl: string;
  /** The URL of `jamdev serve`. */
  apiUrl: string;
}

/** The settings of `jamdev serve`, and their sources. */
interface GivenSettings {
  settings: ServeSettings;
  file: ConfigFile;
  /** undefined: there is no config file. */
  path: string | undefined;
  variables: ServeVariables;
}

/**
 * Resolves the config for `jamdev serve --init`. The rest of the config may be missing.
 * @throws JamdevError `ConfigInvalid`, `ConfigUnreadable`
 */
export async function resolveInitConfig(flags: ServeFlags, env: NodeJS.ProcessEnv): Promise<InitConfig> {
  const { registry, publicUrl, host, port = DEFAULT_SERVE_PORT } = (await readSettings(flags, env)).settings;
  if (registry === undefined) throw configErrors.registryUrlMissing();
  // The registry's config contains the URL, so it must not change with each start.
  if (publicUrl === undefined && port === 0) throw configErrors.registryNeedsPort();
  const apiUrl = publicUrl ?? `http://${urlHost(host)}:${port}`;
  return { registryUrl: withoutSlash(registry), apiUrl: withoutSlash(apiUrl) };
}

/**
 * Combines flags, environment and config file: flags win, then the environment, then the file.
 * @throws JamdevError `ConfigInvalid`, `ConfigUnreadable`
 */
export async function resolveServeConfig(flags: ServeFlags, env: NodeJS.ProcessEnv): Promise<ServeConfig> {
  const { settings, file, path, variables } = await readSettings(flags, env);
  const { controller, cluster, database, publicUrl, subdomains, ...serve } = settings;
  if (controller === undefined) throw configErrors.serveMissing('controller', variables.nameOf('controller'));
  if (cluster === undefined) throw configErrors.serveMissing('cluster', variables.nameOf('cluster'));
  if (database === undefined) throw configErrors.databaseMissing();
  const fromVariable = variables.values.database === undefined ? '"serve.database"' : variables.nameOf('database');
  checkDatabaseUrl(database, flags.database === undefined ? fromVariable : '--database');
  return {
    port: serve.port ?? DEFAULT_SERVE_PORT,
    host: serve.host,
    tls: serve.tls,
    publicUrl: publicUrl && withoutSlash(publicUrl),
    controller: withoutSlash(controller),
    cluster,
    pool: serve.pool ?? '',
    database,
    // Only browsers resolve names below localhost everywhere.
    subdomains: subdomains ?? cluster.split(':')[0] !== 'localhost',
    onLostDrone: serve.onLostDrone ?? 'spawn',
    lostAfterSeconds: serve.lostAfterSeconds ?? DEFAULT_LOST_AFTER_SECONDS,
    retention: {
      logDays: serve.logRetentionDays ?? DEFAULT_LOG_RETENTION_DAYS,
      backendDays: serve.backendRetentionDays ?? DEFAULT_BACKEND_RETENTION_DAYS,
      auditDays: serve.auditRetentionDays ?? DEFAULT_AUDIT_RETENTION_DAYS,
    },
    registry: await readRegistry(serve, path),
    drones: serve.drones ?? {},
    operators: serve.operators,
    limits: serve.limits ?? {},
    services: servicesOf(file),
  };
}

/** Reads the registry's settings. The key itself wins over its file, because the variable for the file sets the key. */
async function readRegistry(
  { registry, registryKey, registryKeyFile }: ServeSettings,
  configPath: string | undefined,
): Promise<RegistrySettings | undefined> {
  if (registry === undefined) return undefined;
  const url = withoutSlash(registry);
  if (registryKey !== undefined) return { url, key: registryKey };
  if (registryKeyFile === undefined) throw configErrors.registryKeyMissing();
  const path = resolve(dirname(configPath ?? ''), registryKeyFile);
  return { url, key: await readSecretFile(path, '"serve.registryKeyFile"') };
}

async function readSettings({ config, ...given }: ServeFlags, env: NodeJS.ProcessEnv): Promise<GivenSettings> {
  const found = await readConfigFile(process.cwd(), config);
  const file: ConfigFile = found?.config ?? {};
  const variables = await readServeVariables(env);
  const merged = { ...file.serve, ...variables.values, ...withoutUndefined(given) };
  const result = serveSchema.safeParse(merged);
  if (result.success) return { settings: result.data, file, path: found?.path, variables };
  const { path: key, detail } = firstIssue(result.error, merged);
  throw configErrors.serveInvalid(key, variables.nameOf(key), detail);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function servicesOf(file: ConfigFile): ServedService[] {
  const services = Object.entries(file.services ?? { [DEFAULT_SERVICE]: file });
  return services.map(([name, settings]) => toServed(name, { ...sharedSettings(file), ...settings }));
}

/** Returns the settings next to `services`, which apply to each service that does not set them. */
function sharedSettings({ useStaticToken, maxIdleSeconds, lifetimeLimitSeconds }: ConfigFile): ServiceSettings {
  return { useStaticToken, maxIdleSeconds, lifetimeLimitSeconds };
}

function toServed(name: string, settings: ServiceSettings): ServedService {
  return {
    name,
    image: settings.image,
    pullPolicy: settings.pullPolicy ?? 'IfNotPresent',
    useStaticToken: settings.useStaticToken ?? false,
    maxIdleSeconds: settings.maxIdleSeconds,
    lifetimeLimitSeconds: settings.lifetimeLimitSeconds,
  };
}

function withoutUndefined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
