import { execa } from 'execa';
import { dockerErrors } from './docker-errors.js';

/** For questions that the client answers without the engine. */
export const QUICK_TIMEOUT_MS = 10_000;

/** How a docker command ended. */
export interface DockerResult {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** The environment for the docker client: the user's own, without its advertisements. */
export function dockerEnvironment(...layers: Record<string, string>[]): NodeJS.ProcessEnv {
  return Object.assign({}, process.env, { DOCKER_CLI_HINTS: 'false' }, ...layers);
}

/**
 * Runs one docker command to its end, and collects its output. A failure is part of the result.
 * @param options.signal ends the client
 * @param options.timeoutMs after this time it is ended, and its stderr says so
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
    // A terminal's Ctrl-C is jamdev's to answer.
    detached: true,
    timeout: timeoutMs,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if ((result.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') throw dockerErrors.dockerMissing();
  const unstarted = result.exitCode === undefined ? result.originalMessage : undefined;
  const stderr = result.timedOut ? `no answer within ${timeoutMs / 1000} s` : (unstarted ?? result.stderr);
  return { ok: !result.failed, stdout: result.stdout, stderr };
}

/** Returns the first meaningful line, without prefixes and the period at the end. */
export function firstLine(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '' && !/^(DEPRECATED|WARNING)/.test(each)) ?? '';
  return (
    line
      .trim()
      .replace(/^(ERROR: |Error: |Error response from daemon: )+/, '')
      .replace(/\.$/, '') || 'it gave no reason'
  );
}
