import { Command } from 'commander';
import type { DroneJson } from '../../../contract/drones.js';
import type { CommandIo } from '../../io.js';
import { cleanText } from '../../terminal/clean.js';
import { formatAge } from '../../terminal/duration.js';
import { formatTable } from '../../terminal/table.js';
import { addClusterOptions, type ClusterOptions, withDrones } from './cluster.js';

const HEADINGS = ['NAME', 'STATE', 'BACKENDS', 'LAST SEEN', 'PLANE', 'ENGINE'];

/** `jamdev drones list`: the known facts about each drone from Plane, the config and the database. */
export function listCommand(io: CommandIo): Command {
  const command = new Command('list')
    .description('list the drones; missing drones are shown as lost')
    .action(async (options: ClusterOptions) => {
      const { cluster, drones } = await withDrones(options, io, (operations) => operations.list());
      if (options.json) return io.json({ cluster, drones });
      if (drones.length === 0) return io.out(`The cluster ${cluster} has no drones yet.`);
      for (const line of formatTable(HEADINGS, drones.map(toRow))) io.out(line);
      for (const { engine_problem } of drones) if (engine_problem !== undefined) io.err(cleanText(engine_problem));
    });
  return addClusterOptions(command);
}

function toRow({ name, state, backends, last_seen_at, version, engine }: DroneJson): string[] {
  const lastSeen = last_seen_at === null ? 'never' : `${formatAge(Date.now() - Date.parse(last_seen_at))} ago`;
  return [name, state, backends === null ? '-' : String(backends), lastSeen, version ?? '-', engine].map(cleanText);
}
