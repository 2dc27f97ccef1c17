// @ts-check
'use strict';
/*
 * Gives the preload to Workers with an environment of their own, which get none by NODE_OPTIONS: what they write is
 * reported as all else. They don't notice: the option is taken out of `process.execArgv` again.
 */
const workerThreads = require('node:worker_threads');
const { getEnvironmentData, setEnvironmentData, isMainThread } = workerThreads;

/** What Workers inherit beside their environment. */
const KEY = 'jamdev:preload';

/**
 * @param {string} folder of the reports
 * @param {string} preload
 */
function giveToWorkers(folder, preload) {
  const option = ['--require', preload];
  setEnvironmentData(KEY, { folder, option, execArgv: [...process.execArgv] });
  workerThreads.Worker = new Proxy(workerThreads.Worker, {
    construct(target, [file, options, ...rest], newTarget) {
      return Reflect.construct(target, [file, withPreload(options, option, preload), ...rest], newTarget);
    },
  });
}

/** @param {any} options of a Worker @param {string[]} option @param {string} preload */
function withPreload(options, option, preload) {
  const env = options?.env;
  if (typeof env !== 'object' || env === null || String(env.NODE_OPTIONS ?? '').includes(preload)) return options;
  const given = options.execArgv;
  if (given !== undefined && !Array.isArray(given)) return options;
  return Object.create(options, { execArgv: { value: [...(given ?? []), ...option], enumerable: true } });
}

/** Finds what a Worker without NODE_OPTIONS has inherited. @returns {string | undefined} the folder of the reports */
function inheritedFolder() {
  if (isMainThread) return undefined;
  const inherited = /** @type {any} */ (getEnvironmentData(KEY));
  if (inherited === undefined) return undefined;
  const { folder, option, execArgv } = inherited;
  const own = process.execArgv.slice(0, -option.length);
  process.execArgv = own.length === 0 ? execArgv : own;
  return folder;
}

module.exports = { giveToWorkers, inheritedFolder };
