// @ts-check
'use strict';
/*
 * Adds the preload to Workers with their own environment, which do not get it through NODE_OPTIONS, so that their writes
 * are reported as well. Workers do not notice, because the option is removed from `process.execArgv` again.
 */
const workerThreads = require('node:worker_threads');
const { getEnvironmentData, setEnvironmentData, isMainThread } = workerThreads;

/** The key of the data that Workers inherit in addition to their environment. */
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

/** Reads the inherited data in a Worker without NODE_OPTIONS. @returns {string | undefined} the folder of the reports */
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
