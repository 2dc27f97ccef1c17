import { type Command, Option } from 'commander';
import { resolveServeConfig, type ServeFlags } from '../../../config/serve-config.js';
import { type DroneJson, droneListSchema } from '../../../contract/drones.js';
import { okSchema } from '../../../contract/responses.js';
import { systemClock } from '../../../os/clock.js';
import { orAborted } from '../../../os/or-aborted.js';
import { findApiToken } from '../../client/api-token.js';
import { ServeClient } from '../../client/serve-client.js';
import type { CommandIo } from '../../io.js';
import { operator } from '../token/database.js';

/** Options of commands on drones. */
export interface ClusterOptions extends Pick<ServeFlags, 'config' | 'controller' | 'cluster' | 'database'> {
  api?: string;
  json?: boolean;
}

/** Operations on the drones of a cluster, through the API or directly. */
interface DroneOperations {
  list(): Promise<{ cluster: string; drones: DroneJson[] }>;
  drain(name: string): Promise<void>;
}

/** The account in the audit log for actions on the whole cluster. */
const NO_ACCOUNT = '-';

/** Adds the options of commands on drones. */
export function addClusterOptions(command: Command): Command {
  const api = new Option('--api <url>', 'use a running jamdev serve, with an admin token in JAMDEV_TOKEN');
  return command
    .option('--controller <url>', 'the address of the cluster’s controllers')
    .option('--cluster <name>', 'the name of the cluster')
    .option('--database <url>', 'the URL of the database of jamdev serve')
    .option('--config <file>', 'the config file (default: jamsocket.config.json in this folder)')
    .addOption(api.conflicts(['controller', 'cluster', 'database', 'config']))
    .option('--json', 'print JSON for programs');
}

/** Runs an action on the drones of the API in `--api`, or of the cluster in the config of `jamdev serve`. */
export async function withDrones<T>(
  { api, json: _, ...flags }: ClusterOptions,
  io: CommandIo,
  work: (operations: DroneOperations) => Promise<T>,
): Promise<T> {
  if (api !== undefined) {
    const client = new ServeClient(api, await findApiToken(process.env), io.signal);
    return work({
      list: () => client.send('GET', '/v2/drones', droneListSchema),
      drain: async (name) =>
        void (await client.send('POST', `/v2/drone/${encodeURIComponent(name)}/drain`, okSchema, {})),
    });
  }
  const config = await resolveServeConfig(flags, process.env);
  // Loaded here because the database client is large, and other commands don't need it.
  const [{ openStore }, { ClusterDrones }, { ControllerClient }, { DroneEngines }] = await Promise.all([
    import('../../../store/open-store.js'),
    import('../../../plane/cluster-drones.js'),
    import('../../../plane/controller-client.js'),
    import('../../../plane/drone-engines.js'),
  ]);
  const { store, close } = await openStore(config.database, io.signal);
  const engines = new DroneEngines(config.drones, systemClock);
  const { cluster } = config;
  const controller = new ControllerClient(config.controller);
  const drones = new ClusterDrones({ controller, store, engines, cluster, clock: systemClock });
  try {
    const operations: DroneOperations = {
      list: async () => ({ cluster, drones: await drones.list() }),
      drain: (name) => drones.drain(name, { account: NO_ACCOUNT, actor: operator() }),
    };
    return await orAborted(work(operations), io.signal);
  } finally {
    engines.close();
    await close();
  }
}
