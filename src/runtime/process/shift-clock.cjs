// @ts-check
'use strict';
/*
 * Removes the time that a process spent in standby from everything that shows its age: `process.uptime()`, `performance`,
 * and the entries of its timeline and events, in the process and its Workers. Moments before the wait keep their distance
 * from the time origin, and the origin itself is moved. Loaded by stand-by.cjs.
 */
const { getEnvironmentData, isMainThread, setEnvironmentData, threadId } = require('node:worker_threads');

/** The key of the data that Workers inherit. */
const KEY = 'jamdev:clock';
const NODE_TIMING = ['nodeStart', 'v8Start', 'environment', 'bootstrapComplete', 'loopStart', 'loopExit', 'duration'];

/**
 * Replaces the clock by one that can be shifted. The wait begins now.
 * @returns {() => void} ends the wait
 */
function prepareClock() {
  const { performance } = require('node:perf_hooks');
  const { now } = performance;
  const wait = { begin: now.call(performance), ms: 0 };
  replaceClock(wait);
  return () => {
    wait.ms = now.call(performance) - wait.begin;
    setEnvironmentData(KEY, { ...wait, thread: threadId });
  };
}

/** Replaces the clock in a Worker of a process that was in standby. Safe to call again. */
function inheritClock() {
  if (isMainThread) return;
  const wait = /** @type {any} */ (getEnvironmentData(KEY));
  if (wait === undefined || wait.thread === threadId) return;
  setEnvironmentData(KEY, { ...wait, thread: threadId });
  replaceClock(wait);
}

/** @param {{ begin: number, ms: number }} wait its begin in milliseconds from the time origin, and its length */
function replaceClock(wait) {
  const hooks = /** @type {any} */ (require('node:perf_hooks'));
  const { performance, PerformanceEntry, PerformanceResourceTiming } = hooks;
  const shown = (/** @type {number} */ moment) => (moment > wait.begin ? moment - wait.ms : moment);
  const real = (/** @type {any} */ moment) =>
    typeof moment === 'number' && moment > wait.begin ? moment + wait.ms : moment;
  const moment = (/** @type {() => number} */ read) => shown(read());

  wrap(process, 'uptime', (read) => read() - wait.ms / 1000);
  wrap(performance, 'now', moment);
  wrap(performance, 'timeOrigin', (read) => read() + wait.ms);
  wrap(performance, 'toJSON', (read) => ({ ...read(), timeOrigin: performance.timeOrigin }));
  for (const name of ['mark', 'measure']) {
    // A missing argument stays missing, because the original functions throw then.
    wrap(performance, name, (make, args) =>
      make(...args.map((arg, index) => (index === 1 ? realTimes(arg, real) : arg))),
    );
  }
  for (const name of NODE_TIMING) wrap(performance.nodeTiming, name, moment);
  wrap(globalThis.Event?.prototype, 'timeStamp', moment);

  const raw = getterOf(PerformanceEntry?.prototype, 'startTime');
  for (const prototype of [PerformanceEntry?.prototype, PerformanceResourceTiming?.prototype]) {
    const names = Object.getOwnPropertyNames(prototype ?? {}).filter((name) => /(?:Start|End|startTime)$/.test(name));
    const start = getterOf(prototype, 'startTime') ?? raw;
    wrap(prototype, 'duration', (read, _, entry) => {
      const begin = Reflect.apply(start, entry, []);
      return shown(begin + read()) - shown(begin);
    });
    for (const name of names) wrap(prototype, name, moment);
    wrap(prototype, 'toJSON', (read, _, entry) => {
      const shownTimes = ['duration', ...names].map((name) => [name, entry[name]]);
      return { ...read(), ...Object.fromEntries(shownTimes) };
    });
  }
}

/** @param {any} options of a mark or measure @param {(moment: any) => any} real */
function realTimes(options, real) {
  if (typeof options !== 'object' || options === null) return real(options);
  const times = ['startTime', 'start', 'end'].filter((name) => options[name] !== undefined);
  return { ...options, ...Object.fromEntries(times.map((name) => [name, real(options[name])])) };
}

/**
 * Wraps a method or getter, wherever it is in the prototype chain. Does nothing if this version of Node.js does not have it.
 * @param {any} object
 * @param {string} name
 * @param {(call: (...args: any[]) => any, args: any[], self: any) => unknown} change
 */
function wrap(object, name, change) {
  const owner = ownerOf(object, name);
  const property = owner && Object.getOwnPropertyDescriptor(owner, name);
  if (!property?.configurable) return;
  const kind = property.get ? 'get' : 'value';
  if (typeof property[kind] !== 'function') return;
  const handler = {
    /** @param {any} target @param {any} self @param {any[]} args */
    apply(target, self, args) {
      try {
        return change((...given) => Reflect.apply(target, self, given), args, self);
      } catch (error) {
        throw withoutFrames(error, handler.apply);
      }
    },
  };
  Object.defineProperty(owner, name, { ...property, [kind]: new Proxy(property[kind], handler) });
}

/**
 * Gives an error the stack that it would have without this file.
 * @param {any} error
 * @param {(...args: any[]) => unknown} caller the wrapper that the program has called unknowingly
 * @returns {unknown} the same error
 */
function withoutFrames(error, caller) {
  const lines = typeof error?.stack === 'string' ? error.stack.split('\n') : [];
  const first = lines.findIndex((/** @type {string} */ line) => line.includes(__filename));
  if (first === -1) return error;
  const outer = { stack: '' };
  Error.captureStackTrace(outer, caller);
  const isFrame = (/** @type {string} */ line) => /^ {4}at /.test(line);
  const inner = lines.slice(0, first);
  const count = Error.stackTraceLimit - inner.filter(isFrame).length;
  error.stack = [...inner, ...outer.stack.split('\n').filter(isFrame).slice(0, Math.max(count, 0))].join('\n');
  return error;
}

/** @param {any} object @param {string} name */
function ownerOf(object, name) {
  let owner = object;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  return owner;
}

/** @param {any} prototype @param {string} name */
function getterOf(prototype, name) {
  return prototype && /** @type {any} */ (Object.getOwnPropertyDescriptor(prototype, name)?.get);
}

module.exports = { prepareClock, inheritClock };
