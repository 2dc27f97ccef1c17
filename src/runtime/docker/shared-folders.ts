import type { Engine } from '../../docker-engine/engine.js';

/**
 * Finds what keeps pipes and Unix sockets in a folder of this machine from working inside of containers.
 * @returns the beginning of a sentence; undefined: they work
 */
export function findSharingObstacle(engine: Engine): string | undefined {
  if (engine.link !== undefined) return 'The Docker Engine is on another machine';
  if (engine.sharesKernel) return undefined;
  return 'The Docker Engine runs in a virtual machine, which shares no pipes with this one';
}
