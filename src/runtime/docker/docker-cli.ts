import { execa } from 'execa';
import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import { dockerErrors } from './docker-errors.js';

/** An engine that hangs must not hang jamdev: no command that is gathered whole takes longer, not even a removal. */
const COMMAND_TIMEOUT_MS = 30_000;
/** For a question or a signal, which is answered at once; an engine behind ssh takes some seconds. */
export const QUICK_TIMEOUT_MS = 10_000;

/** How a docker command ended. */
export interface DockerResult {
  ok: boolean;
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/**
 * The environment for the docker client: the user's own, so that contexts, DOCKER_HOST and credentials work as in a
 * terminal, without its advertisements.
 */
export function dockerEnvironment(...layers: Record<string, string>[]): NodeJS.ProcessEnv {
  return Object.assign({}, process.env, { DOCKER_CLI_HINTS: 'false' }, ...layers);
}

/**
 * Runs one docker command to its end, with its output gathered. A failure is in the result.
 * @param options.signal ends the client
 * @param options.timeoutMs after so long it is ended, and its stderr says so
 * @throws JamdevError `DockerMissing`
 */
export async function runDocker(
  args: readonly string[],
  { signal, timeoutMs = COMMAND_TIMEOUT_MS }: { signal?: AbortSignal | undefined; timeoutMs?: number } = {},
): Promise<DockerResult> {
  const result = await execa('docker', args, {
    env: dockerEnvironment(),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    // A terminal's Ctrl-C is jamdev's to answer: it still needs docker to end its containers.
    detached: true,
    timeout: timeoutMs,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (isMissing(result.cause)) throw dockerErrors.dockerMissing();
  const unstarted = result.exitCode === undefined ? result.originalMessage : undefined;
  const stderr = result.timedOut ? `no answer within ${timeoutMs / 1000} s` : (unstarted ?? result.stderr);
  return { ok: !result.failed, exitCode: result.exitCode, stdout: result.stdout, stderr };
}

/** Whether a program could not be started because there is none of that name. */
function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

const FORBIDDEN = /permission denied while trying to connect|dial unix .*: connect: permission denied/i;
const STOPPED =
  /cannot connect to the docker daemon|is the docker daemon running|failed to connect to the docker api|error during connect|no answer within \d+ s|docker desktop is (starting|unable|not)|unable to resolve docker endpoint/i;

/**
 * What a failed docker command tells of the way to the engine.
 * @param stderr what the client itself printed
 * @returns `DockerForbidden` or `DockerStopped`; undefined when the engine was reached
 */
export function engineProblem(stderr: string): JamdevError | undefined {
  if (FORBIDDEN.test(stderr)) return dockerErrors.dockerForbidden(socketIn(stderr) ?? firstLine(stderr));
  if (STOPPED.test(stderr)) return dockerErrors.dockerStopped(socketIn(stderr) ?? firstLine(stderr));
  return undefined;
}

/**
 * Makes sure that Docker can be used.
 * @throws JamdevError `DockerMissing`, `DockerStopped`, `DockerForbidden`
 */
export async function checkEngine(signal?: AbortSignal): Promise<void> {
  const { ok, stderr } = await runDocker(['version', '--format', '{{.Server.Version}}'], {
    signal,
    timeoutMs: QUICK_TIMEOUT_MS,
  });
  signal?.throwIfAborted();
  if (!ok) throw engineProblem(stderr) ?? dockerErrors.dockerStopped(firstLine(stderr));
}

/** The first line with something to say, without the client's own prefixes and the full stop. */
export function firstLine(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '' && !/^(DEPRECATED|WARNING)/.test(each)) ?? '';
  return (
    line
      .trim()
      .replace(/^docker: /, '')
      .replace(/^(ERROR: |Error: )/, '')
      .replace(/^Error response from daemon: /, '')
      .replace(/\.$/, '') || 'it gave no reason'
  );
}

function socketIn(text: string): string | undefined {
  return /\b(?:unix|npipe|tcp|ssh|https?):\/\/[^\s"?:]*(?::\d+)?[^\s"?:;,]*/.exec(text)?.[0].replace(/[.:]+$/, '');
}

/**
 * Names that the docker client, or what it starts, reads for itself; in its own environment they would change what it
 * does.
 */
const READ_BY_CLIENT =
  /^(PATH|HOME|USER|USERPROFILE|TMPDIR|TEMP|TMP|TERM|SHELL|NO_COLOR|DOCKER_.*|BUILDKIT_.*|BUILDX_.*|.*_PROXY|SSH_.*|SSL_CERT_.*|XDG_.*|LD_.*|DYLD_.*|OTEL_.*|GODEBUG|GOGC|GOMAXPROCS|GOMEMLIMIT|GOTRACEBACK|GORACE)$/i;

/**
 * Passes variables on: by name alone where that is possible, with the value in the client's own environment, so that
 * it is not seen in the list of processes.
 * @param option `--env` or `--build-arg`
 */
export function passVariables(
  option: string,
  variables: Record<string, string>,
): { args: string[]; env: Record<string, string> } {
  const args: string[] = [];
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (READ_BY_CLIENT.test(name)) {
      args.push(option, `${name}=${value}`);
    } else {
      args.push(option, name);
      env[name] = value;
    }
  }
  return { args, env };
}
