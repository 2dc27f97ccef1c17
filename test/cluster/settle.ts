import { waitFor } from '../support/wait.js';
import { ask } from './api-client.js';
import type { Cluster } from './cluster.js';
import type { Histories } from './invariants.js';
import type { SeenStatus } from './ledger.js';

/** How long pending work may take: a restarted drone ends its sessions when their leases expire. */
const SETTLE_DEADLINE_MS = 120_000;

/** Reads the statuses of backends. */
export async function readHistories(cluster: Cluster, ids: Iterable<string>): Promise<Histories> {
  const histories = new Map<string, SeenStatus[]>();
  for (const id of ids) {
    const answer = await ask(`${cluster.apiUrl}/v2/backend/${id}`);
    if (answer?.status !== 200) throw new Error(`the backend ${id} is not there: ${answer?.status} ${answer?.text}`);
    histories.set(id, (JSON.parse(answer.text) as { statuses: SeenStatus[] }).statuses);
  }
  return histories;
}

/** Waits until exactly the backends that the API lists are running for these keys, each in one container. */
export async function untilSettled(cluster: Cluster): Promise<void> {
  let seen: unknown;
  const isSettled = async () => {
    const answer = await ask(`${cluster.apiUrl}/v2/account/acme/backends`);
    if (answer?.status !== 200) return false;
    const listed = (JSON.parse(answer.text) as { running_backends: { id: string; key: string }[] }).running_backends;
    const names = ['ps', '--filter', 'label=dev.plane.backend', '--format', '{{.Names}}'];
    const running = (await Promise.all(cluster.machines.map((machine) => machine.docker(...names))))
      .flatMap((text) => text.split('\n'))
      .filter((name) => name !== '')
      .map((name) => name.replace(/^plane-/, ''));
    seen = { listed, running };
    const hasOnePerKey = new Set(listed.map(({ key }) => key)).size === listed.length;
    return hasOnePerKey && running.length === listed.length && listed.every(({ id }) => running.includes(id));
  };
  await waitFor(isSettled, 'the engines to run what the API lists', SETTLE_DEADLINE_MS).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
  });
}
