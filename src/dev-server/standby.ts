import type { Builder } from '../builds/builder.js';
import type { Clock } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { inTime } from '../os/in-time.js';
import type { Runtime } from '../runtime/runtime.js';

/**
 * How long to wait for a rollout. One that takes longer, such as with an app that hangs at startup, must not delay the
 * preparation of the next sessions.
 */
const LONGEST_ROLLOUT_MS = 10_000;

/** The dependencies of preparing backends ahead of time. */
export interface StandbyParts {
  builder: Builder;
  runtime: Pick<Runtime, 'standBy' | 'renewStandbys'>;
  /** Resolves when no running backend of a service is starting. `service` is the name of its definition. */
  rolledOut(service: string): Promise<unknown>;
  tell(text: string): void;
  clock: Clock;
}

/**
 * Prepares backends of each service ahead of time, from its first successful build on. A successful build replaces the
 * backends that were prepared for the previous one once running backends use it; until then, they may use prepared
 * backends that fit both builds.
 * @returns a function that starts the preparation
 */
export function prepareStandbys({ builder, runtime, rolledOut, tell, clock }: StandbyParts): () => void {
  let hasBegun = false;
  const prepare = (service: string, awaitsRenewal: boolean) => {
    const [newest] = builder.goodBuilds(service);
    if (!hasBegun || newest === undefined) return;
    const { warm, warmPool } = builder.definition(service);
    runtime.standBy?.({ service, build: newest.build, warm, warmPool, awaitsRenewal, onRemark: tell });
  };
  builder.events.on('good', (service) => {
    prepare(service, true);
    // Runs after the other listeners have begun to replace backends.
    setImmediate(() => {
      inTime(rolledOut(service), LONGEST_ROLLOUT_MS, clock).then(
        () => runtime.renewStandbys?.(service),
        ignoreError('processes', 'waiting until a build is rolled out'),
      );
    });
  });
  // The settings of the service may have changed anyway.
  builder.events.on('unchanged', (service) => prepare(service, false));
  return () => {
    hasBegun = true;
    for (const { name } of builder.definitions) prepare(name, false);
  };
}
