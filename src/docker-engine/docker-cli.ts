import { execa } from 'execa';
import { dockerErrors } from './docker-errors.js';

/** Timeout for commands that the client answers without the engine. */
export const QUICK_TIMEOUT_MS = 10_000;

/** The result of a docker command. */
export interface DockerResult {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** Returns the environment for the docker client: the user's own, without the client's hints. */
export function dockerEnvironment(...layers: Record<string, string>[]): NodeJS.ProcessEnv {
  return Object.assign({}, process.env, { DOCKER_CLI_HINTS: 'false' }, ...layers);
}

/**
 * Runs a docker command to its end, and collects its output. A failure is part of the result.
 * @param options.signal ends the client
 * @param options.timeoutMs ends the client after this time, and notes that in stderr
 * @throws JamdevError `DockerMissing`
 */
export async function runDocker(
  args: readonly string[],
  {
    signal,
    timeoutMs,
    env = {},
  }: { signal?: AbortSignal | undefined; timeoutMs: number; env?: Record<string, string> },
): Promise<DockerResult> {
  const result = await execa('docker', args, {
    env: dockerEnvironment(env),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    // jamdev itself handles Ctrl-C in the terminal.
    detached: true,
    timeout: timeoutMs,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if ((result.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') throw dockerErrors.dockerMissing();
  const unstarted = result.exitCode === undefined ? result.originalMessage : undefined;
  const stderr = result.timedOut ? `no answer within ${timeoutMs / 1000} s` : (unstarted ?? result.stderr);
  return { ok: !result.failed, stdout: result.stdout, stderr };
}

/** Returns the first meaningful line, without prefixes and trailing period. */
export function firstLine(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '' && !/^(DEPRECATED|WARNING)/.test(each)) ?? '';
  return (
    line
      .trim()
      .replace(/^(ERROR: |Error: |Error response from daemon: )+/, '')
      .replace(/\.$/, '') || 'it gave no reason'
  );
}
