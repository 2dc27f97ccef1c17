import { createServer } from 'node:http';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { pause } from '../../../os/clock.js';
import { portOfUrl } from '../../../os/port-of-url.js';
import { listen } from '../../../ports/listen.js';
import { portErrors } from '../../../ports/port-errors.js';
import { findFreePortAbove } from '../../../ports/probe-port.js';
import type { ServerRecord } from '../../../records/server-records.js';
import { fromHome } from '../../terminal/project-names.js';
import { type Finding, fine, trouble } from './finding.js';

/** Another doctor may be trying the same port at this moment, so a taken port is tried again. */
const ATTEMPTS = 3;
const RETRY_MS = 150;

/** A port that the dev server would listen on. */
export interface WantedPort {
  /** "API" or "proxy". */
  what: string;
  /** 0 for any free port. */
  port: number;
  /** Whether this is the default port: if another dev server has it, `jamdev dev` takes the next free pair. */
  isDefault: boolean;
  host: string | undefined;
  flag: string;
}

/**
 * Checks whether the dev server can listen on a port.
 * @param project the folder whose own dev server may use the port
 * @param servers all known running dev servers
 */
export async function checkPort(
  wanted: WantedPort,
  project: string,
  servers: readonly ServerRecord[],
): Promise<Finding> {
  const check = `${wanted.what} port`;
  if (wanted.port === 0) return fine(check, 'any free port');
  const own = servers.find((server) => server.project === project);
  const holder = servers.find((server) => portsOf(server).includes(wanted.port));
  if (holder?.project === project) {
    return fine(check, `${wanted.port} is used by this project's dev server (pid ${holder.pid})`);
  }
  // This project does not use the default port, so the holder of that port does not matter.
  if (own !== undefined) {
    const [port] = portsOf(own).slice(wanted.flag === '--proxy-port' ? 1 : 0);
    return fine(check, `this project's dev server (pid ${own.pid}) runs on ${port}`);
  }
  const error = await tryPort(wanted);
  if (error === undefined) return fine(check, `${wanted.port} is free`);
  if (holder === undefined || error.code !== 'PortTaken') return trouble(check, 'failure', error);
  const named = `the dev server for ${fromHome(holder.project)} (pid ${holder.pid})`;
  if (wanted.isDefault) return fine(check, `${wanted.port} is used by ${named}; jamdev dev takes the next free one`);
  const free = await findFreePortAbove(wanted.port);
  return trouble(check, 'failure', portErrors.portTaken(wanted.what, wanted.port, named, wanted.flag, free));
}

async function tryPort(wanted: WantedPort): Promise<JamdevError | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await (await listen(wanted, () => createServer())).close();
      return undefined;
    } catch (error) {
      if (!(error instanceof JamdevError)) throw error;
      if (error.code !== 'PortTaken' || attempt === ATTEMPTS) return error;
      await pause(RETRY_MS);
    }
  }
}

function portsOf({ apiUrl, proxyUrl }: ServerRecord): number[] {
  return [apiUrl, proxyUrl].flatMap((url) => (URL.canParse(url) ? [portOfUrl(url)] : []));
}
