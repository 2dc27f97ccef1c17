import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import type { ContainerBuild } from '../runtime.js';
import { engineProblem, firstLine } from './docker-cli.js';
import { dockerErrors } from './docker-errors.js';
import { explainExecFormat, isExecFormat } from './exec-format.js';

const PORT_TAKEN = /port is already allocated|address already in use|ports are not available|bind for .* failed/i;
const NETWORK_MISSING = /network (\S+) not found/i;
const IMAGE_MISSING = /unable to find image|no such image/i;
const COMMAND_MISSING = /exec: "?([^":]+)"?: (.*(?:not found|no such file|permission denied).*?)(?:: unknown)?\.?$/im;

/** Whether a container did not start because something else listens on its port. */
export function isPortTaken(stderr: string): boolean {
  return PORT_TAKEN.test(stderr);
}

/**
 * Why a container did not start, in words.
 * @param stderr what the client itself printed
 */
export async function startFailure(stderr: string, { image, network }: ContainerBuild): Promise<JamdevError> {
  const engine = engineProblem(stderr);
  if (engine !== undefined) return engine;
  if (IMAGE_MISSING.test(stderr)) return dockerErrors.imageGone(image);
  const missing = NETWORK_MISSING.exec(stderr);
  if (missing !== null) return dockerErrors.dockerNetworkMissing(network ?? missing[1] ?? '');
  if (/no space left on device/i.test(stderr)) return dockerErrors.diskFull(firstLine(stderr));
  if (isExecFormat(stderr))
    return dockerErrors.containerNotStarted((await explainExecFormat(image)).replace(/\.$/, ''));
  const command = COMMAND_MISSING.exec(stderr);
  if (command !== null) return dockerErrors.containerCommandNotFound(`"${command[1]}": ${command[2]}`);
  return dockerErrors.containerNotStarted(firstLine(stderr));
}
