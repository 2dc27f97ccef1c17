import { listListeningPorts } from './listening-ports.js';
import { commandOf } from './process-table.js';

/** Describes the process that listens on a port, such as `pid 4711 (node server.js)`; '' if the system does not tell. */
export async function describePortHolder(port: number): Promise<string> {
  const holder = (await listListeningPorts()).find((each) => each.port === port);
  if (holder === undefined) return '';
  const command = await commandOf(holder.pid);
  return `pid ${holder.pid}${command === '' ? '' : ` (${command.length > 100 ? `${command.slice(0, 97)}...` : command})`}`;
}
