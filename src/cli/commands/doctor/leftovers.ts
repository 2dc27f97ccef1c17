import type { Engine } from '../../../docker-engine/engine.js';
import { countLeftovers } from '../../../images/leftovers.js';
import { RunTree } from '../../../processes/run-tree.js';
import { listServerRecords, tracesOf } from '../../../records/server-records.js';
import { findProjectId, stateFolderOf } from '../../../records/state-folder.js';
import { counted } from '../../terminal/counted.js';
import { doctorErrors } from './doctor-errors.js';
import { type Finding, fine, trouble } from './finding.js';

/** Reports what dead dev servers left behind in a project and, if the Docker Engine answers, in the engine. */
export async function checkLeftovers(project: string, engine: Engine | undefined): Promise<Finding> {
  const folder = stateFolderOf(project);
  const records = await listServerRecords(folder);
  const living = new Set(records.filter(({ alive, foreign }) => alive || foreign).map(({ record }) => record.runId));
  const dead = records.filter(({ alive, foreign }) => !alive && !foreign).map(({ record }) => record);
  const sample = await new RunTree(tracesOf(folder, dead)).sample();
  if (!sample.known) throw sample.cause;
  const pids = sample.living.map(({ pid }) => pid);
  const runs = { project, isRunAlive: (run: string) => living.has(run), stateId: findProjectId(project) };
  const { containers, images } =
    engine === undefined ? { containers: 0, images: 0 } : await countLeftovers(engine, runs);
  const found = [
    ...(pids.length > 0 ? [`${counted(pids.length, 'process', 'processes')} (pid ${pids.join(', ')})`] : []),
    ...(containers > 0 ? [counted(containers, 'container')] : []),
    ...(images > 0 ? [counted(images, 'image')] : []),
  ];
  if (found.length > 0) return trouble('leftovers', 'warning', doctorErrors.leftBehind(found));
  return fine('leftovers', 'none from dev servers that crashed');
}
