import { describeBuild } from '../builds/make-build.js';
import { systemClock } from '../os/clock.js';
import type { EventBus } from './events.js';
import { startHousekeeping } from './housekeeping.js';
import { loadWhatMayBeNeeded } from './load-late.js';
import type { OpenPorts } from './open.js';
import type { DevServerParts } from './prepare.js';
import type { ResolvedRun } from './resolve.js';
import { StateGuard } from './state-guard.js';

/** How long after the start background work begins: earlier, it would delay the first requests. */
const AFTER_START_MS = 250;

/**
 * Phase 4: answers requests, watches files, and makes the first builds.
 * @returns the guard of the state folder, which watches it until closed; once everything is loaded
 */
export async function runParts(
  run: ResolvedRun,
  parts: DevServerParts,
  ports: OpenPorts,
  bus: EventBus,
): Promise<StateGuard> {
  const { folder, runId, register } = run;
  const { builder, hotRebuild, logs, platform, loaded, writes, written, pipes } = parts;
  const guard = new StateGuard({ folder, register, logs, tell: (text) => bus.publish({ type: 'notice', text }) });
  const keepHouse = startHousekeeping({ folder, runId, platform, logs, loaded, writes });
  // Files that the user has since added to "ignore" are not recorded again.
  written.clear();
  const ready = loadWhatMayBeNeeded();
  // The caller of startDevServer() can subscribe before the first event.
  const subscribed = ready.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
  // Watching begins before a build that writes files, to distinguish its output from the user's changes.
  const watching = subscribed.then(() => hotRebuild.start());
  const hasBuild = run.config.services.some((service) => describeBuild(service) !== undefined);
  void builder.buildAll('start', hasBuild ? watching : subscribed);
  ports.serve();
  const cancel = systemClock.after(AFTER_START_MS, () => {
    void pipes.fill();
    parts.beginStandbys();
    keepHouse();
  });
  bus.subscribe(({ type }) => {
    if (type === 'closing') cancel();
  });
  await ready;
  return guard;
}
