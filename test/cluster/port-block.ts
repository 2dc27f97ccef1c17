import { Balancer } from './balancer.js';

/** Below the system's ephemeral ports, and above those that plane.sh uses. */
const FIRST = 30_000;
const LAST = 32_700;

/**
 * Reserves a row of free ports for servers that restart on the same ports.
 * @param count how many
 * @param readyPath what each of the first two must answer before it gets a connection
 * @returns a balancer in front of the first two; as long as it listens, no other cluster uses these ports
 */
export async function takePorts(count: number, readyPath: string): Promise<{ front: Balancer; ports: number[] }> {
  const block = count + 1;
  const blocks = Math.floor((LAST - FIRST) / block);
  const first = Math.floor(Math.random() * blocks);
  for (let tried = 0; tried < blocks; tried += 1) {
    const port = FIRST + ((first + tried) % blocks) * block;
    const ports = Array.from({ length: count }, (_, index) => port + 1 + index);
    try {
      return { front: await Balancer.listen(ports.slice(0, 2), { port, readyPath }), ports };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`no ${block} ports in a row are free from ${FIRST} to ${LAST}`);
}
