import type { Driver } from '../drivers/driver.js';
import { Names } from '../transcript/names.js';
import { normalize } from '../transcript/rules.js';
import { SharedBackend } from './shared-backend.js';
import { type Exchange, Stage } from './stage.js';

/** Something done in the same way to Plane and to jamdev. */
export interface Scenario {
  /** Unique; begins with the name of its table: `requests/GET`. */
  name: string;
  run(stage: Stage): Promise<void>;
}

/** The result of one run: a normalized transcript, or why there is none. */
export type Outcome = { transcript: Record<string, unknown> } | { error: Error };

/** Rows of a table of exchanges by name; a string stands for an exchange with a plain answer. */
export type Rows = Record<string, Exchange | string>;

/** A table of scenarios that each send bytes to the shared backend once. */
export function exchangeTable(table: string, rows: Rows): Scenario[] {
  return Object.entries(rows).map(([name, row]) => ({
    name: `${table}/${name}`,
    run: (stage) => stage.exchange('exchange', typeof row === 'string' ? { send: row } : row),
  }));
}

/** A table of scenarios written with the methods of the stage. */
export function scenarioTable(table: string, rows: Record<string, Scenario['run']>): Scenario[] {
  return Object.entries(rows).map(([name, run]) => ({ name: `${table}/${name}`, run }));
}

/**
 * Runs scenarios on one system in order, some at once.
 * @returns the outcome of each by name, which may still be pending
 */
export function runScenarios(
  driver: Driver,
  scenarios: readonly Scenario[],
  atOnce: number,
): Map<string, Promise<Outcome>> {
  const shared = new SharedBackend(driver);
  const running = new Set<Promise<Outcome>>();
  let before: Promise<unknown> = Promise.resolve();
  return new Map(
    scenarios.map((scenario) => {
      const outcome = before.then(async () => {
        while (running.size >= atOnce) await Promise.race(running);
        const run = runScenario(driver, shared, scenario);
        running.add(run);
        void run.finally(() => running.delete(run));
        return { run };
      });
      before = outcome;
      return [scenario.name, outcome.then(({ run }) => run)];
    }),
  );
}

async function runScenario(driver: Driver, shared: SharedBackend, scenario: Scenario): Promise<Outcome> {
  const names = new Names();
  const stage = new Stage(driver, shared, names);
  try {
    await scenario.run(stage);
    return { transcript: normalize(stage.transcript, { names, proxyPort: driver.proxyPort }) };
  } catch (cause) {
    const soFar = JSON.stringify(stage.transcript);
    return { error: new Error(`${scenario.name} failed on ${driver.name}, after ${soFar}: ${cause}`, { cause }) };
  } finally {
    await stage.leave();
  }
}
