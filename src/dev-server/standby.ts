import type { Builder } from '../builds/builder.js';
import type { Runtime } from '../runtime/runtime.js';

/** Has backends of each service prepared ahead of time, from its first good build on. */
export function prepareStandbys(
  builder: Builder,
  runtime: Pick<Runtime, 'standBy' | 'buildBegun'>,
  tell: (text: string) => void,
): void {
  const prepare = (service: string) => {
    const [newest] = builder.goodBuilds(service);
    if (newest === undefined) return;
    const { warm, warmPool } = builder.definition(service);
    runtime.standBy?.({ service, build: newest.build, warm, warmPool, onRemark: tell });
  };
  builder.events.on('started', (service) => runtime.buildBegun?.(service));
  builder.events.on('good', prepare);
  // Its settings may have changed all the same.
  builder.events.on('unchanged', prepare);
}
