import { readFile } from 'node:fs/promises';
import { ignoreError } from '../../os/debug/debug-log.js';

/**
 * Finds the first process of a container among those of this machine.
 * @param containerId full id
 * @param pid as the engine gives it; 0 for a container that has ended
 * @returns its pid here; undefined where the engine's processes can't be seen, as those of a virtual machine
 */
export async function findFirstProcess(containerId: string, pid: number): Promise<number | undefined> {
  if (pid === 0) return undefined;
  // Seen from another container, the number belongs to another process or to none. Its control group is called by the id.
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(
    ignoreError('docker', 'reading the control group of a container', ''),
  );
  return groups.includes(containerId) ? pid : undefined;
}
