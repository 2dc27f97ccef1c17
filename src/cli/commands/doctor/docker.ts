import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { pause } from '../../../os/clock.js';
import { noteHandled } from '../../../os/debug/debug-log.js';
import { engineProblem, firstLine, runDocker } from '../../../runtime/docker/docker-cli.js';
import { dockerErrors } from '../../../runtime/docker/docker-errors.js';
import { type Finding, fine, trouble } from './finding.js';
import type { DockerNeed } from './project.js';

/** How long a client that was ended takes to be gone. */
const LATE_MS = 300;

/** What a Docker Engine says of itself. */
export interface Engine {
  version: string;
  /** As `linux/amd64`. */
  platform: string;
  kernel: string;
  /** "Docker Desktop 4.27.1" and the like; often empty. */
  product: string;
}

/** What came of asking Docker for its versions. */
export interface DockerAnswer {
  client: string | undefined;
  engine: Engine | undefined;
  /** Why there is no engine. */
  trouble: JamdevError | undefined;
}

interface VersionJson {
  Client?: { Version?: string };
  Server?: {
    Version?: string;
    Os?: string;
    Arch?: string;
    KernelVersion?: string;
    Platform?: { Name?: string };
  } | null;
}

/** Asks the docker client and, through it, the engine. */
export async function askDocker(timeoutMs: number): Promise<DockerAnswer> {
  try {
    const answer = runDocker(['version', '--format', '{{json .}}'], { timeoutMs });
    // A client that does not even end when it is asked to must not hold up anything.
    const late = pause(timeoutMs + LATE_MS).then(() => ({
      stdout: '',
      stderr: `no answer within ${timeoutMs / 1000} s`,
    }));
    const { stdout, stderr } = await Promise.race([answer, late]);
    return readDockerVersion(stdout, stderr);
  } catch (error) {
    if (!(error instanceof JamdevError)) throw error;
    return { client: undefined, engine: undefined, trouble: error };
  }
}

/** Reads what `docker version --format '{{json .}}'` printed; without an engine it still tells of the client. */
export function readDockerVersion(stdout: string, stderr: string): DockerAnswer {
  const { Client, Server } = parse(stdout);
  const client = Client?.Version;
  if (Server?.Version !== undefined) {
    const { Version, Os = 'linux', Arch = '', KernelVersion = '', Platform } = Server;
    const engine = {
      version: Version,
      platform: `${Os}/${Arch}`,
      kernel: KernelVersion,
      product: Platform?.Name ?? '',
    };
    return { client, engine, trouble: undefined };
  }
  const trouble = engineProblem(stderr) ?? dockerErrors.dockerStopped(firstLine(stderr));
  return { client, engine: undefined, trouble };
}

/** One finding for the client, and, where there is one, one for the engine. */
export function judgeDocker({ client, engine, trouble: reason }: DockerAnswer, need: DockerNeed): Finding[] {
  const found = client === undefined ? [] : [fine('docker client', `version ${client}`)];
  if (engine !== undefined) {
    const product = engine.product === '' ? '' : `, ${engine.product}`;
    return [...found, fine('docker engine', `version ${engine.version}, ${engine.platform}${product}`)];
  }
  const check = reason?.code === 'DockerMissing' ? 'docker client' : 'docker engine';
  const error = reason ?? dockerErrors.dockerStopped('it gave no reason');
  if (need === 'must') return [...found, trouble(check, 'failure', error)];
  const consequence = need === 'would' ? 'Backends run as child processes instead.' : 'This project does not need it.';
  return [...found, { check, status: 'warning', text: `${error.message} ${consequence}`, remedy: wish(error) }];
}

/** Not what the error asks for: nothing has to be done. */
function wish({ code }: JamdevError): string {
  const end = 'if backends should run as containers';
  if (code === 'DockerMissing') return `Install Docker, ${end}: https://docs.docker.com/get-docker/`;
  if (code === 'DockerForbidden') return `Join the group docker, ${end}: sudo usermod -aG docker $USER`;
  return `Start Docker, ${end}.`;
}

function parse(text: string): VersionJson {
  try {
    return (JSON.parse(text) ?? {}) as VersionJson;
  } catch (error) {
    noteHandled('cli', "reading the Docker client's answer", error);
    return {};
  }
}
