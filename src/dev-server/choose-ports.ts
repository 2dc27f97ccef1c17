import { DEFAULT_API_PORT, DEFAULT_PROXY_PORT, type DevConfig } from '../config/resolve.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { errorCode } from '../os/error-code.js';
import { PortInUse } from '../ports/listen.js';
import { keepPorts, listPortsOfOthers, type PortPair, readKeptPorts } from '../records/kept-ports.js';
import { stateErrors } from '../records/state-errors.js';
import type { StateFolder } from '../records/state-folder.js';
import { type BothPorts, listenForBoth, type ServerMakers } from './both-ports.js';
import { withPortLock } from './port-lock.js';
import { findPortOwner, type PortOwner } from './port-owner.js';

/** What to do when the default ports are taken. Without a policy, the start fails as with any other port. */
export interface PortPolicy {
  /** Whether to forget the folder's kept ports and use the default ones. */
  forgetKept: boolean;
  /** Asks whether to use other ports if another program has a default port; undefined if there is nobody to ask. */
  ask: ((taken: PortInUse, instead: PortPair) => Promise<boolean>) | undefined;
}

/** Why a dev server has other ports than the default ones. */
export interface PortMove extends PortPair {
  /** `taken`: the taken port, and the project if a dev server has it; undefined if it was taken at an earlier start. */
  taken: { port: number; project: string | undefined } | undefined;
}

/** The ports of a dev server, and why they are not the default ones. */
export interface ChosenPorts extends BothPorts {
  move: PortMove | undefined;
}

type PortConfig = Pick<DevConfig, 'host' | 'port' | 'proxyPort' | 'defaultPorts' | 'interactive'>;

/**
 * Opens the ports of the API and the proxy. If a default port is taken by another dev server of this user, or if the
 * user at the terminal agrees, opens the next free pair and keeps it for the folder from then on.
 * @param onUnusable see {@link readKeptPorts}
 * @throws JamdevError `PortTaken`, `HostUnavailable`, `StateFolderUnusable`
 */
export async function choosePorts(
  config: PortConfig,
  folder: StateFolder,
  make: ServerMakers,
  given: PortPolicy | undefined,
  onUnusable: (error: JamdevError) => void,
): Promise<ChosenPorts> {
  if (given === undefined) return { ...(await listenForBoth(config, make)), move: undefined };
  const policy = { ...given, ask: config.interactive ? given.ask : undefined };
  const kept = policy.forgetKept ? undefined : readKeptPorts(folder, onUnusable);
  const first = firstPorts(config, kept);
  const opened = await withPortLock(folder, () => openSomePair(config, folder, first, make, policy));
  try {
    if (opened.refusal !== undefined && !(await policy.ask?.(opened.refusal, opened.move))) throw opened.refusal;
    keep(folder, config, opened.move, policy);
    return opened;
  } catch (error) {
    await Promise.all([opened.api.close(), opened.proxy.close()]);
    throw error;
  }
}

/** An opened pair; with a refusal, the user must be asked whether to use it. */
type Opened = BothPorts & ({ move: PortMove | undefined; refusal?: never } | { move: PortMove; refusal: PortInUse });

async function openSomePair(
  config: PortConfig,
  folder: StateFolder,
  first: PortPair,
  make: ServerMakers,
  policy: PortPolicy,
): Promise<Opened> {
  const isKept = first.port !== config.port || first.proxyPort !== config.proxyPort;
  const tryFirst = async () => ({
    ...(await listenForBoth({ ...first, host: config.host }, make)),
    move: isKept ? { ...first, taken: undefined } : undefined,
  });
  const refusal = await catchTaken(tryFirst);
  if (!(refusal instanceof PortInUse)) return refusal;
  if (!mayMove(refusal, first, config)) throw refusal;
  let owner: PortOwner = await findPortOwner(refusal.port);
  if (owner.kind === 'unknown') {
    // The port may have been taken only briefly, by another program's attempt.
    const second = await catchTaken(tryFirst);
    if (!(second instanceof PortInUse)) return second;
    owner = await findPortOwner(refusal.port);
  }
  const project = owner.kind === 'dev server' ? owner.project : undefined;
  if (project === undefined && policy.ask === undefined) throw refusal;
  const { pair, ports } = await openNextPair(config, first, refusal, listPortsOfOthers(folder), make);
  const move = { ...pair, taken: { port: refusal.port, project } };
  return project === undefined ? { ...ports, move, refusal } : { ...ports, move };
}

/** Returns the pair to try first: the kept ports instead of the default ones. */
export function firstPorts(
  { port, proxyPort, defaultPorts }: Pick<DevConfig, 'port' | 'proxyPort' | 'defaultPorts'>,
  kept: PortPair | undefined,
): PortPair {
  const pair = {
    port: defaultPorts.port ? (kept?.port ?? port) : port,
    proxyPort: defaultPorts.proxyPort ? (kept?.proxyPort ?? proxyPort) : proxyPort,
  };
  return pair.port === pair.proxyPort ? { port, proxyPort } : pair;
}

function mayMove({ port }: PortInUse, pair: PortPair, { defaultPorts }: PortConfig): boolean {
  return port === pair.port ? defaultPorts.port : defaultPorts.proxyPort;
}

/** Tries pairs above the default ports, both with the same offset. @throws the given refusal if no pair is free */
async function openNextPair(
  { host, port, proxyPort, defaultPorts }: PortConfig,
  first: PortPair,
  refusal: PortInUse,
  keptByOthers: ReadonlySet<number>,
  make: ServerMakers,
): Promise<{ pair: PortPair; ports: BothPorts }> {
  for (let step = 1; ; step += 1) {
    const pair = {
      port: defaultPorts.port ? port + step : port,
      proxyPort: defaultPorts.proxyPort ? proxyPort + step : proxyPort,
    };
    if (Math.max(pair.port, pair.proxyPort) > 65_535) throw refusal;
    const moved = [...(defaultPorts.port ? [pair.port] : []), ...(defaultPorts.proxyPort ? [pair.proxyPort] : [])];
    if (moved.some((each) => keptByOthers.has(each) || each === refusal.port)) continue;
    if (pair.port === pair.proxyPort || (pair.port === first.port && pair.proxyPort === first.proxyPort)) continue;
    const ports = await catchTaken(() => listenForBoth({ ...pair, host }, make));
    if (!(ports instanceof PortInUse)) return { pair, ports };
    if (!moved.includes(ports.port)) throw ports;
  }
}

async function catchTaken<T>(open: () => Promise<T>): Promise<T | PortInUse> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof PortInUse) return error;
    throw error;
  }
}

function keep(
  folder: StateFolder,
  { defaultPorts }: PortConfig,
  move: PortMove | undefined,
  { forgetKept }: PortPolicy,
): void {
  try {
    if (move?.taken !== undefined) {
      keepPorts(folder, {
        port: defaultPorts.port ? move.port : DEFAULT_API_PORT,
        proxyPort: defaultPorts.proxyPort ? move.proxyPort : DEFAULT_PROXY_PORT,
      });
    } else if (forgetKept) keepPorts(folder, undefined);
  } catch (error) {
    throw stateErrors.stateFolderUnusable(folder.root, errorCode(error));
  }
}
