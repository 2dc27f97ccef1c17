import { expect } from 'vitest';
import { ListedDifferences, readListedDifferences } from '../../engine/transcript/listed.js';

/** A value, or a matcher such as `expect.any(String)`, in each place. */
type Expected = unknown;

/** One place where an answer is not as expected. */
interface Mismatch {
  path: string;
  expected: Expected;
  actual: unknown;
}

/** Compares the API's answers with what tests expect. */
export class ApiExpectations {
  readonly #listed: ListedDifferences | undefined;

  /** @param listed differences from the API of a dev server that are allowed; undefined: none */
  private constructor(listed: ListedDifferences | undefined) {
    this.#listed = listed;
  }

  /** For a dev server: nothing may differ. */
  static ofDev(): ApiExpectations {
    return new ApiExpectations(undefined);
  }

  /** For `jamdev serve`: exactly the differences listed in docs/differences.md are required. */
  static ofServe(): ApiExpectations {
    return new ApiExpectations(new ListedDifferences(readListedDifferences(undefined, 'tests')));
  }

  /** Expects a value, except for listed differences. @param what names the value in the second column of the table */
  check(what: string, actual: unknown, expected: Expected): void {
    const found = mismatches(what, expected, actual);
    const test = expect.getState().currentTestName ?? '';
    const unlisted = found.filter(
      ({ path, expected, actual }) => !this.#listed?.explains(test, 'serve', { path, plane: expected, jamdev: actual }),
    );
    expect(unlisted.map(inWords), 'what is not expected, and docs/differences.md does not list').toEqual([]);
  }

  /** Listed differences that were not seen. */
  unseen(): string[] {
    return this.#listed?.unused() ?? [];
  }
}

function inWords({ path, expected, actual }: Mismatch): string {
  return `${path}: expected ${shown(expected)}, got ${shown(actual)}`;
}

function shown(value: unknown): string {
  return (isMatcher(value) ? String(value) : JSON.stringify(value)) ?? 'nothing';
}

function mismatches(path: string, expected: Expected, actual: unknown): Mismatch[] {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual) ? [] : [{ path, expected, actual }];
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const longer = expected.length > actual.length ? expected : actual;
    return longer.flatMap((_, index) => mismatches(`${path}.${index}`, expected[index], actual[index]));
  }
  if (isObject(expected) && isObject(actual)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...names].flatMap((name) => mismatches(`${path}.${name}`, expected[name], actual[name]));
  }
  return Object.is(expected, actual) ? [] : [{ path, expected, actual }];
}

function isMatcher(value: unknown): value is { asymmetricMatch(other: unknown): boolean } {
  return isObject(value) && typeof value.asymmetricMatch === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
