import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import { dockerErrors } from '../../docker-engine/docker-errors.js';
import type { Engine } from '../../docker-engine/engine.js';
import type { EngineError } from '../../docker-engine/engine-error.js';
import { processErrors } from '../../processes/process-errors.js';
import { explainTooLarge, MAX_STRING_BYTES } from '../../processes/too-large-for-start.js';
import type { ContainerSpec } from './container-config.js';
import { explainExecFormat, isExecFormat } from './exec-format.js';

const NETWORK_MISSING = /network (\S+) not found|network with name or ID (\S+):/i;
const IMAGE_MISSING = /no such image|image not known/i;
const COMMAND_MISSING = /exec: "?([^":]+)"?: (.*(?:not found|no such file|permission denied).*?)(?:: unknown)?$/im;
/**
 * Messages of docker-init (which is tini) and catatonit, which the engine has started, when they can't start the
 * program.
 */
const INIT_FAILED =
  /^\[FATAL tini \(\d+\)\] exec (.+) failed: (.+)$|^ERROR \(catatonit:\d+\): failed to exec (pid1): (.+)$/m;

/** Explains why the engine did not start a container. */
export async function startFailure(
  { message }: EngineError,
  { build, env, publishAt }: Pick<ContainerSpec, 'build' | 'env' | 'publishAt'>,
  engine: Engine,
): Promise<JamdevError> {
  const { image, network } = build;
  if (IMAGE_MISSING.test(message)) return dockerErrors.imageGone(image);
  const missing = NETWORK_MISSING.exec(message);
  if (missing !== null) return dockerErrors.dockerNetworkMissing(network ?? missing[1] ?? missing[2] ?? '');
  if (/cannot assign requested address/i.test(message)) return dockerErrors.addressNotThere(publishAt);
  if (/no space left on device/i.test(message)) return dockerErrors.diskFull(message);
  if (/argument list too long/i.test(message)) return tooLarge({ ...build.env, ...env });
  if (isExecFormat(message)) {
    const text = (await explainExecFormat(engine, image, true)) ?? message;
    return dockerErrors.containerNotStarted(text.replace(/\.$/, ''));
  }
  const command = COMMAND_MISSING.exec(message);
  if (command !== null) return dockerErrors.containerCommandNotFound(`"${command[1]}": ${command[2]}`);
  return dockerErrors.containerNotStarted(message);
}

/**
 * Checks that no variable is too large for a program to start: the engine would start the container without an error.
 * @throws JamdevError `CommandNotStarted`
 */
export function checkVariables(env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env)) {
    if (Buffer.byteLength(`${name}=${value}`) >= MAX_STRING_BYTES) throw tooLarge(env);
  }
}

function tooLarge(env: Record<string, string>): JamdevError {
  const { reason, remedy } = explainTooLarge({ file: '', args: [], cwd: '', env });
  return processErrors.commandNotStarted('the command of the image', false, reason, remedy);
}

/**
 * Explains an exit of the engine's init because it could not start the image's command.
 * @param words the end of stderr
 * @returns undefined if the command was started
 */
export function explainFailedInit(words: string): string | undefined {
  const [, command, reason] = INIT_FAILED.exec(words)?.filter((group) => group !== undefined) ?? [];
  return command && dockerErrors.containerCommandNotFound(`"${command}": ${reason}`).sentence;
}
