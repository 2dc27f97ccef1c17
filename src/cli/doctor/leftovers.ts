import { problem } from '../../contract/errors.js';
import { sampleTree } from '../../processes/process-tree.js';
import { listServerRecords, ServerRecordFile } from '../../records/server-records.js';
import { stateFolderOf } from '../../records/state-folder.js';
import { countLeftovers } from '../../runtime/docker/docker-leftovers.js';
import { counted } from '../terminal/counted.js';
import { type Finding, fine, trouble } from './finding.js';

/** What dead dev servers left in a project and, if an engine answers, in that. */
export async function checkLeftovers(project: string, hasEngine: boolean): Promise<Finding> {
  const folder = stateFolderOf(project);
  const records = await listServerRecords(folder);
  const living = new Set(records.filter(({ alive }) => alive).map(({ record }) => record.runId));
  const pids = new Set<number>();
  for (const { record, alive } of records) {
    if (alive) continue;
    const noted = new ServerRecordFile(folder, record.runId).processes();
    for (const sample of await Promise.all(noted.map((root) => sampleTree(root, { strict: true })))) {
      if (!sample.known) throw sample.cause;
      for (const { pid } of sample.living) pids.add(pid);
    }
  }
  const { containers, images } = hasEngine
    ? await countLeftovers(project, (run) => living.has(run))
    : { containers: 0, images: 0 };
  const found = [
    ...(pids.size > 0 ? [`${counted(pids.size, 'process', 'processes')} (pid ${[...pids].join(', ')})`] : []),
    ...(containers > 0 ? [counted(containers, 'container')] : []),
    ...(images > 0 ? [counted(images, 'image')] : []),
  ];
  if (found.length > 0) return trouble('leftovers', 'warning', problem.leftBehind(found));
  return fine('leftovers', 'none of dev servers that died');
}
