import { listListeningPorts } from './listening-ports.js';
import { commandOf } from './process-table.js';

/** Says who listens on a port: `pid 4711 (node server.js)`, or '' where the system does not tell. */
export async function describePortHolder(port: number): Promise<string> {
  const holder = (await listListeningPorts()).find((each) => each.port === port);
  if (holder === undefined) return '';
  const command = await commandOf(holder.pid);
  return `pid ${holder.pid}${command === '' ? '' : ` (${command.length > 100 ? `${command.slice(0, 97)}...` : command})`}`;
}
