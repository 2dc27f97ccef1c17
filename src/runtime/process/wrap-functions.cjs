// @ts-check
'use strict';
/*
 * Wraps functions of `fs`, so that an operation is notified of their start and end. Their behavior, results and errors stay
 * the same, as do their names, lengths and symbols, such as the one for `util.promisify`.
 */
const { hrtime } = process;

/** @typedef {import('./write-operations.cjs').Report} Report */
/** @typedef {import('./write-operations.cjs').Operation} Operation */
/** @typedef {import('./write-operations.cjs').End} End */
/** @typedef {(this: any, ...args: any[]) => any} AnyFunction */
/** @typedef {Record<string, AnyFunction>} Functions */

/**
 * If a program learns of the end of a write later than this, a person may have saved the file since. The delay is at most
 * the time in which the event loop was busy.
 */
const MAX_LATE_MS = 100;

/** @returns {number} milliseconds in which the event loop was busy, counted from an arbitrary moment */
function activeMs() {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1e6 - require('node:perf_hooks').performance.nodeTiming.idleTime;
}

class Wrapper {
  #report;
  /** Whether a wrapped function is running, which may call other wrapped functions. */
  #isNested = false;

  /** @param {Report} report */
  constructor(report) {
    this.#report = report;
  }

  /**
   * @param {Functions} object
   * @param {string} name
   * @param {Operation} operation
   * @param {(args: unknown[]) => boolean} [applies]
   * @param {boolean} [isMarked] whether it may take long, so that its start is reported
   */
  sync(object, name, operation, applies = always, isMarked = true) {
    const wrapper = this;
    replace(object, name, (original) => {
      return function wrapped(...args) {
        if (wrapper.#isNested || !applies(args)) return Reflect.apply(original, this, args);
        const number = isMarked ? wrapper.#report.begin() : undefined;
        const end = wrapper.#start(operation, args);
        let [succeeded, result] = [false, undefined];
        wrapper.#isNested = true;
        try {
          result = Reflect.apply(original, this, args);
          succeeded = true;
          return result;
        } finally {
          wrapper.#isNested = false;
          end(succeeded, result, false);
          if (number !== undefined) wrapper.#report.end(number);
        }
      };
    });
  }

  /** @param {Functions} object @param {string} name @param {Operation} operation @param {(args: unknown[]) => boolean} [applies] */
  callback(object, name, operation, applies = always) {
    const wrapper = this;
    replace(object, name, (original) => {
      return function wrapped(...args) {
        const callback = args[args.length - 1];
        if (wrapper.#isNested || typeof callback !== 'function' || !applies(args)) {
          return Reflect.apply(original, this, args);
        }
        const end = wrapper.#startLate(operation, args);
        args[args.length - 1] = /** @this {unknown} @param {unknown[]} results */ function (...results) {
          end(results[0] === null || results[0] === undefined, results[1]);
          return Reflect.apply(callback, this, results);
        };
        wrapper.#isNested = true;
        try {
          return Reflect.apply(original, this, args);
        } catch (error) {
          end(false);
          throw error;
        } finally {
          wrapper.#isNested = false;
        }
      };
    });
  }

  /**
   * @param {Functions} object
   * @param {string} name
   * @param {Operation} operation
   * @param {(args: unknown[]) => boolean} [applies]
   * @param {(result: any) => void} [onResult]
   */
  promise(object, name, operation, applies = always, onResult = () => undefined) {
    const wrapper = this;
    replace(object, name, (original) => {
      const { wrapped } = {
        /** @this {any} @param {any[]} args */
        async wrapped(...args) {
          const isHandle = typeof this?.fd === 'number';
          const operands = isHandle ? [this.fd] : args;
          if (!applies(operands)) return Reflect.apply(original, this, args);
          const end = wrapper.#startLate(operation, operands);
          let [succeeded, result] = [false, undefined];
          try {
            result = await Reflect.apply(original, this, args);
            succeeded = true;
            onResult(result);
            return result;
          } finally {
            end(succeeded, result);
          }
        },
      };
      return wrapped;
    });
  }

  /** @param {Operation} operation @param {unknown[]} args @returns {End} */
  #start(operation, args) {
    try {
      return operation(this.#report, args);
    } catch {
      // The arguments are invalid, and the function itself will throw.
      return () => undefined;
    }
  }

  /** @param {Operation} operation @param {unknown[]} args */
  #startLate(operation, args) {
    const number = this.#report.begin();
    const end = this.#start(operation, args);
    const startedMs = activeMs();
    return (/** @type {boolean} */ succeeded, /** @type {unknown} */ result = undefined) => {
      end(succeeded, result, activeMs() - startedMs > MAX_LATE_MS);
      this.#report.end(number);
    };
  }
}

/** @param {unknown[]} _args */
const always = (_args) => true;

/**
 * Replaces a function of an object by another one with the same name and properties.
 * @param {Functions} object
 * @param {string} name
 * @param {(original: AnyFunction) => AnyFunction} wrap
 */
function replace(object, name, wrap) {
  const descriptor = Object.getOwnPropertyDescriptor(object, name);
  const original = descriptor?.value;
  if (typeof original !== 'function' || descriptor?.configurable !== true) return;
  const wrapped = wrap(original);
  Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
  Object.defineProperty(object, name, { ...descriptor, value: wrapped });
}

module.exports = { Wrapper, replace };
