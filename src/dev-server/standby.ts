import type { Builder } from '../builds/builder.js';
import type { Runtime } from '../runtime/runtime.js';

/** Receives what the files of a service do, by the name of its definition. */
export interface StandbyListener {
  /** Begins to prepare them. */
  begin(): void;
  /** They have changed, and may start a build when they have settled. */
  touched(service: string): void;
  /** They start none. */
  untouched(service: string): void;
}

/**
 * Whether what stands by was started again for the build that comes: `begun` since the first change of a file; `spent`
 * for changes that started no build, such as those of a backend that writes a log: this happens once per build.
 */
type Renewal = 'begun' | 'spent';

/** Has backends of each service prepared ahead of time, from its first good build on, once that has begun. */
export function prepareStandbys(
  builder: Builder,
  runtime: Pick<Runtime, 'standBy' | 'buildBegun'>,
  tell: (text: string) => void,
): StandbyListener {
  const renewals = new Map<string, Renewal>();
  let hasBegun = false;
  const prepare = (service: string) => {
    const [newest] = builder.goodBuilds(service);
    if (!hasBegun || newest === undefined) return;
    const { warm, warmPool } = builder.definition(service);
    runtime.standBy?.({ service, build: newest.build, warm, warmPool, onRemark: tell });
  };
  builder.events.on('started', (service) => {
    if (renewals.get(service) !== 'begun') runtime.buildBegun?.(service);
    renewals.delete(service);
  });
  builder.events.on('good', prepare);
  // Its settings may have changed all the same.
  builder.events.on('unchanged', prepare);
  return {
    begin: () => {
      hasBegun = true;
      for (const { name } of builder.definitions) prepare(name);
    },
    touched: (service) => {
      if (renewals.has(service)) return;
      renewals.set(service, 'begun');
      runtime.buildBegun?.(service);
    },
    untouched: (service) => {
      if (renewals.has(service)) renewals.set(service, 'spent');
    },
  };
}
