import { realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathErrors } from '../os/path-errors.js';
import { configErrors } from './config-errors.js';
import { readConfigFile } from './config-file.js';
import type { DevFlags } from './dev-flags.js';
import { resolveServices } from './resolve-services.js';
import type { ConfigFile } from './schema.js';
import type { ServiceConfig } from './service-config.js';

/** The complete config of a dev server, with everything resolved. */
export interface DevConfig {
  /** Absolute path, links resolved. */
  project: string;
  /** Absolute path of the config file, if there is one. */
  configFile: string | undefined;
  /** The default service first. */
  services: readonly [ServiceConfig, ...ServiceConfig[]];
  port: number;
  proxyPort: number;
  /** Which of the two ports are the defaults, because none was configured. */
  defaultPorts: { port: boolean; proxyPort: boolean };
  /** undefined: loopback only. */
  host: string | undefined;
  allowedHosts: readonly string[];
  /** Public URLs of the API and the proxy, such as those of a tunnel; without a trailing slash. */
  publicUrl: { api?: string; proxy?: string };
  /** Settings for a Docker Engine on another machine. */
  remote: { address?: string | undefined };
  interactive: boolean;
  styleLogOutput: boolean;
}

export const DEFAULT_API_PORT = 8080;
export const DEFAULT_PROXY_PORT = 9090;

/**
 * Combines flags, config file and package.json: flags win, then the file, then the `start` script.
 * @throws JamdevError if there is nothing to run or the file is invalid
 */
export async function resolveConfig(flags: DevFlags): Promise<DevConfig> {
  const folder = resolve(flags.folder ?? '.');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw pathErrors.folderMissing(folder);
  const project = realpathSync(folder);
  const found = await readConfigFile(project, flags.config === undefined ? undefined : resolve(flags.config));
  const file: ConfigFile = found?.config ?? {};
  const port = flags.port ?? file.port ?? DEFAULT_API_PORT;
  const proxyPort = flags.proxyPort ?? file.proxyPort ?? DEFAULT_PROXY_PORT;
  if (port === proxyPort && port !== 0) throw configErrors.portsEqual(port);
  return {
    project,
    configFile: found === undefined ? undefined : resolve(found.path),
    services: await resolveServices(project, flags, found),
    port,
    proxyPort,
    defaultPorts: {
      port: (flags.port ?? file.port) === undefined,
      proxyPort: (flags.proxyPort ?? file.proxyPort) === undefined,
    },
    host: flags.host ?? file.host,
    allowedHosts: [...(file.allowedHosts ?? []), ...(flags.allowedHosts ?? [])],
    publicUrl: readPublicUrl(file, found?.path),
    remote: file.remote ?? {},
    interactive: flags.interactive ?? file.interactive ?? true,
    styleLogOutput: flags.styleLogOutput ?? file.styleLogOutput ?? true,
  };
}

/**
 * Reads the public URLs. The proxy must not share the API's origin, since pages of backends could then read the API's
 * responses.
 * @throws JamdevError `ConfigInvalid`
 */
function readPublicUrl({ publicUrl: { api, proxy } = {} }: ConfigFile, path = ''): DevConfig['publicUrl'] {
  if (api !== undefined && proxy !== undefined && new URL(api).origin === new URL(proxy).origin) {
    throw configErrors.publicUrlsOfOneOrigin(basename(path), new URL(api).origin);
  }
  const trimmed = (url: string) => url.replace(/\/+$/, '');
  return { ...(api && { api: trimmed(api) }), ...(proxy && { proxy: trimmed(proxy) }) };
}
