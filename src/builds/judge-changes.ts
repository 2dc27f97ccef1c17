import type { ServiceConfig } from '../config/service-config.js';
import { FILES_AT_ONCE, mapLimited } from '../os/limit.js';
import type { Change } from '../watch/change.js';
import type { BackendEvidence, Involvement } from './backend-evidence.js';
import type { ChangeOrigin, OriginatedChange } from './build-triggers.js';
import type { ChangeOrigins } from './change-origins.js';

/** Changes of a service's files, grouped by whether they can start a build. */
export interface JudgedChanges {
  /** Files written by backends, for which nothing is built. Relative paths. */
  own: string[];
  /** Files written by the service's own build, which need not be built again. */
  built: Change[];
  others: Change[];
  /** The origins of `others`, in the same order. */
  origins: OriginatedChange[];
}

/** The dependencies for judging changes. */
interface JudgingWorld {
  origins: ChangeOrigins;
  evidence: BackendEvidence;
  /** Holds back changes of unfinished files until they are closed. @returns the files' absolute paths */
  hold(changes: readonly Change[]): Promise<ReadonlySet<string>>;
  /** Finds files that have only grown at their end, soon after a build. @returns their absolute paths */
  findLogs(changes: readonly Change[]): Promise<ReadonlySet<string>>;
}

/** Determines who made changes. Call it once for each batch of changes. */
export async function judgeChanges(
  changes: readonly Change[],
  service: ServiceConfig,
  { origins, evidence, hold, findLogs }: JudgingWorld,
): Promise<JudgedChanges> {
  const [found, involvements] = await Promise.all([
    mapLimited(changes, FILES_AT_ONCE, (change) => origins.of(change)),
    evidence.of(service, changes),
  ]);
  const judged: JudgedChanges = { own: [], built: [], others: [], origins: [] };
  const each = changes.map((change, index) => {
    const involvement = involvements.get(change.absolute);
    return { change, involvement, origin: originOf(found[index] ?? 'other', involvement) };
  });
  // Code that backends run is usually saved by an editor, so it must not wait for a search through all processes.
  const held = await hold(
    each
      .filter(({ involvement, origin }) => origin !== undefined && involvement !== 'runs' && involvement !== 'built')
      .map(({ change }) => change),
  );
  const logs = await findLogs(
    each
      .filter(({ change, involvement, origin }) => {
        return origin === 'other' && involvement !== 'runs' && !held.has(change.absolute);
      })
      .map(({ change }) => change),
  );
  for (const { change, involvement, origin } of each) {
    if (held.has(change.absolute)) continue;
    if (involvement === 'built') judged.built.push(change);
    else if (origin === undefined) judged.own.push(change.path);
    else {
      judged.others.push(change);
      const changedBy = logs.has(change.absolute) ? 'log' : origin;
      judged.origins.push({
        file: change.path,
        origin: changedBy,
        ...(involvement === 'unknown' && { isDoubtful: true }),
      });
    }
  }
  return judged;
}

/** @returns undefined for a change made by backends, which starts no build */
function originOf(origin: ChangeOrigin, involvement: Involvement | undefined): ChangeOrigin | undefined {
  if (involvement === 'wrote') return undefined;
  // A running build may have written the file as well.
  if (involvement === 'holds') return origin === 'build' ? origin : undefined;
  if (involvement === 'may write' && origin === 'other') return 'backend';
  // A backend that is starting at that moment does not rewrite its own code.
  return involvement === 'runs' && origin === 'backend' ? 'other' : origin;
}
