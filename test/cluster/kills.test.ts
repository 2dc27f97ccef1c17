import { test } from 'vitest';
import { waitFor } from '../support/wait.js';
import type { Cluster } from './cluster.js';
import { expectKept } from './expect-kept.js';
import { Ledger } from './ledger.js';
import type { Part } from './part.js';
import { createRandom } from './random.js';
import { Session } from './session.js';
import { describeCluster, useCluster } from './support.js';

const SESSIONS = 50;
/** How many clients connect at once in the beginning. */
const BATCH = 8;
const KILLS = Number(process.env.JAMDEV_CLUSTER_KILLS ?? 50);
const SEED = Number(process.env.JAMDEV_CLUSTER_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** How long a session may take to work again. */
const RECOVERY_DEADLINE_MS = 180_000;
/** How many requests must be answered between two kills. */
const ANSWERS_BETWEEN = 20;

describeCluster(`kills with SIGKILL, seed ${SEED}`, 600_000 + KILLS * 20_000, () => {
  const around = useCluster();

  test(`${SESSIONS} sessions survive ${KILLS} kills`, async () => {
    const { cluster } = around;
    const ledger = new Ledger();
    const sessions: Session[] = [];
    const untilAllTalk = async (sinceMs: number) => {
      const silent = () => sessions.filter((each) => each.lastAnswerMs < sinceMs || each.lastEchoMs < sinceMs);
      await waitFor(() => silent().length === 0, 'every session to answer', RECOVERY_DEADLINE_MS).catch((error) => {
        const names = silent().map(({ backendId }) => backendId);
        throw new Error(`${error.message}; silent: ${names.join(', ')}; ${ledger.faults.join('\n')}`);
      });
    };
    for (let first = 0; first < SESSIONS; first += BATCH) {
      for (let index = first; index < Math.min(first + BATCH, SESSIONS); index += 1) {
        const session = new Session(cluster, `doc-${index}`, { ledger, random: createRandom(SEED + index) });
        session.start();
        sessions.push(session);
      }
      await untilAllTalk(1);
    }
    for (const part of planKills(cluster, createRandom(SEED))) {
      await part.kill();
      await part.untilUp();
      const { length } = ledger.answers;
      await waitFor(
        () => ledger.answers.length > length + ANSWERS_BETWEEN,
        `answers after ${part.name}`,
        RECOVERY_DEADLINE_MS,
      );
    }
    await untilAllTalk(Date.now());
    await expectKept(cluster, sessions, ledger);
  });
});

/** All parts in random order, repeatedly. Killing a drone ends its sessions, so each round has only one of the two. */
function planKills({ controllers, proxies, serves, drones, database }: Cluster, random: () => number): Part[] {
  const victims: Part[] = [];
  for (let turn = 0; victims.length < KILLS; turn += 1) {
    const parts = [...controllers, ...proxies, ...serves, drones[turn % 2] as Part, database];
    while (parts.length > 0) victims.push(...parts.splice(Math.floor(random() * parts.length), 1));
  }
  return victims.slice(0, KILLS);
}
