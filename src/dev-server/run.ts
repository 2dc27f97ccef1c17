import { describeBuild } from '../builds/make-build.js';
import { systemClock } from '../os/clock.js';
import type { EventBus } from './events.js';
import { startHousekeeping } from './housekeeping.js';
import { loadWhatMayBeNeeded } from './load-late.js';
import type { OpenPorts } from './open.js';
import type { DevServerParts } from './prepare.js';
import type { ResolvedRun } from './resolve.js';
import { StateGuard } from './state-guard.js';

/** How long after the start background work begins. Earlier, it would delay the first requests. */
const AFTER_START_MS = 250;

/**
 * Answers requests, watches files, and starts the first builds (phase 4). Resolves when everything is loaded.
 * @returns the guard that watches the state folder until it is closed
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
  // Cleared so that files that the user has since added to "ignore" are not reported again.
  written.clear();
  const ready = loadWhatMayBeNeeded();
  // Lets the caller of startDevServer() subscribe before the first event.
  const subscribed = ready.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
  // Watching begins before a build that writes files, so that its output is not mistaken for the user's changes.
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
