import type { Builder } from '../builds/builder.js';
import type { Clock } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { inTime } from '../os/in-time.js';
import type { Runtime } from '../runtime/runtime.js';

/** A rollout that takes longer, as of an app that hangs when it starts, is not waited for: the next sessions are. */
const LONGEST_ROLLOUT_MS = 10_000;

/** What preparing backends ahead of time depends on. */
export interface StandbyParts {
  builder: Builder;
  runtime: Pick<Runtime, 'standBy' | 'renewStandbys'>;
  /** Resolves when no running backend of a service is starting. Takes the name of the service's definition. */
  rolledOut(service: string): Promise<unknown>;
  tell(text: string): void;
  clock: Clock;
}

/**
 * Prepares backends of each service ahead of time, from its first good build on. A good build replaces what was
 * prepared for the previous one, once running backends are on it: until then, they may use what fits both builds.
 * @returns a function that begins
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
    // Not before the other listeners have begun to replace backends.
    setImmediate(() => {
      inTime(rolledOut(service), LONGEST_ROLLOUT_MS, clock).then(
        () => runtime.renewStandbys?.(service),
        ignoreError('processes', 'waiting until a build is rolled out'),
      );
    });
  });
  // The settings of the service may have changed even so.
  builder.events.on('unchanged', (service) => prepare(service, false));
  return () => {
    hasBegun = true;
    for (const { name } of builder.definitions) prepare(name, false);
  };
}
