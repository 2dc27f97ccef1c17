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
  /** Resolves when no running backend of a service, by the name of its definition, is starting. */
  rolledOut(service: string): Promise<unknown>;
  tell(text: string): void;
  clock: Clock;
}

/**
 * Has backends of each service prepared ahead of time, from its first good build on. A good build replaces what was
 * prepared for the one before, once running backends are on it: until then these may take what suits both.
 * @returns begins with it
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
    // Not before the others that listen have begun to replace backends.
    setImmediate(() => {
      inTime(rolledOut(service), LONGEST_ROLLOUT_MS, clock).then(
        () => runtime.renewStandbys?.(service),
        ignoreError('processes', 'waiting until a build is rolled out'),
      );
    });
  });
  // Its settings may have changed all the same.
  builder.events.on('unchanged', (service) => prepare(service, false));
  return () => {
    hasBegun = true;
    for (const { name } of builder.definitions) prepare(name, false);
  };
}
