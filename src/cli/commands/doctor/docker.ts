import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { runDocker } from '../../../docker-engine/docker-cli.js';
import { dockerErrors } from '../../../docker-engine/docker-errors.js';
import type { Endpoint } from '../../../docker-engine/endpoint.js';
import { connectEngine, type Engine, type EngineVersion, isPodman } from '../../../docker-engine/engine.js';
import { pause } from '../../../os/clock.js';
import { type Finding, fine, trouble } from './finding.js';
import type { DockerNeed } from './project.js';

/** How long a killed client may take to exit. */
const LATE_MS = 300;

/** What a Docker Engine reports about itself. */
export interface EngineInfo {
  version: string;
  /** Such as `linux/amd64`. */
  platform: string;
  kernel: string;
  /** Such as "Docker Desktop 4.27.1" or "Podman"; often empty. */
  product: string;
}

/** Docker's answer to the request for its versions. */
export interface DockerAnswer {
  client: string | undefined;
  info: EngineInfo | undefined;
  /** Why there is no engine. */
  trouble: JamdevError | undefined;
  engine?: Engine;
  /** How an engine on another machine is reached. */
  way?: string;
}

/**
 * Gets the version of the docker client, and all other facts from its engine.
 * @param remoteAddress `remote.address` in the config
 */
export async function askDocker(timeoutMs: number, remoteAddress?: string): Promise<DockerAnswer> {
  const client = runDocker(['--version'], { timeoutMs }).then(
    ({ stdout }) => /version ([^\s,]+)/.exec(stdout)?.[1],
    (error) => onlyJamdevError(error) && undefined,
  );
  const noAnswer = { info: undefined, trouble: dockerErrors.dockerStopped(`no answer within ${timeoutMs / 1000} s`) };
  const deadline = AbortSignal.timeout(timeoutMs);
  const asked = askEngine(deadline, remoteAddress).catch((error) =>
    deadline.aborted ? noAnswer : { info: undefined, trouble: onlyJamdevError(error) },
  );
  // A client that does not exit even when killed must not block the check.
  const late = pause(timeoutMs + LATE_MS).then(() => undefined);
  const [version, answer] = await Promise.all([Promise.race([client, late]), Promise.race([asked, late])]);
  return { client: version, ...(answer ?? noAnswer) };
}

async function askEngine(
  signal: AbortSignal,
  remoteAddress: string | undefined,
): Promise<Omit<DockerAnswer, 'client'>> {
  const engine = await connectEngine({ signal, remoteAddress });
  const askedAtMs = performance.now();
  const info = describeEngine(await engine.version());
  const way = describeWay(engine.endpoint, performance.now() - askedAtMs);
  return { engine, info, trouble: undefined, ...(way === undefined ? {} : { way }) };
}

/** Describes how an engine on another machine is reached; undefined for an engine on this machine. */
function describeWay({ url, tls, remote, tunnel, forwards }: Endpoint, ms: number): string | undefined {
  if (remote === undefined) return undefined;
  const by = tunnel === undefined ? (tls === undefined ? 'not encrypted' : 'TLS') : 'SSH';
  const ports = forwards === undefined ? `at ${remote.reachAt}` : 'through the same connection';
  return `${url} (${by}), answers in ${Math.round(ms)} ms, ports of containers ${ports}`;
}

/** Reads the engine's answer to `/version`. */
export function describeEngine(version: EngineVersion): EngineInfo {
  const { Version, Os, Arch, KernelVersion, Platform } = version;
  const product = isPodman(version) ? 'Podman' : (Platform?.Name ?? '');
  return { version: Version, platform: `${Os}/${Arch}`, kernel: KernelVersion, product };
}

/** @throws any other error */
function onlyJamdevError(error: unknown): JamdevError {
  if (error instanceof JamdevError) return error;
  throw error;
}

/** Makes one finding for the client and, if there is one, one for the engine. */
export function judgeDocker({ client, info, trouble: reason, way }: DockerAnswer, need: DockerNeed): Finding[] {
  const found = client === undefined ? [] : [fine('docker client', `version ${client}`)];
  if (info !== undefined) {
    const product = info.product === '' ? '' : `, ${info.product}`;
    const version = fine('docker engine', `version ${info.version}, ${info.platform}${product}`);
    return [...found, version, ...(way === undefined ? [] : [fine('remote engine', way)])];
  }
  const check = reason?.code === 'DockerMissing' ? 'docker client' : 'docker engine';
  const error = reason ?? dockerErrors.dockerStopped('it gave no reason');
  if (need === 'must') return [...found, trouble(check, 'failure', error)];
  const consequence = need === 'would' ? 'Backends run as child processes instead.' : 'This project does not need it.';
  return [...found, { check, status: 'warning', text: `${error.message} ${consequence}`, remedy: wish(error) }];
}

/** Rewords an error's remedy as a suggestion, because no action is required. */
function wish({ code, remedy }: JamdevError): string {
  const end = 'if backends should run as containers';
  if (code === 'DockerMissing') return `Install Docker, ${end}: https://docs.docker.com/get-docker/`;
  if (code === 'EngineUnreachable') return remedy;
  if (code === 'DockerForbidden') return `Join the group docker, ${end}: sudo usermod -aG docker $USER`;
  return `Start Docker, ${end}.`;
}
