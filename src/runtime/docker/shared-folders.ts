import type { Engine } from '../../docker-engine/engine.js';

/**
 * Finds the reason why pipes and Unix sockets in a folder of this machine can't be used in containers.
 * @returns the beginning of a sentence, or undefined if they can be used
 */
export function findSharingObstacle(engine: Engine): string | undefined {
  if (engine.link !== undefined) return 'The Docker Engine is on another machine';
  if (engine.sharesKernel) return undefined;
  return 'The Docker Engine runs in a virtual machine, which shares no pipes with this one';
}
