// @ts-check
'use strict';
/*
 * Leads a backend in a warm pool to its control socket. The library @jamsocket/session-backend looks for it at a fixed path,
 * which exists in containers only; here, that one path stands for the socket that the dev server listens on for this
 * process. Every other path passes untouched. Does nothing in processes that are not in a warm pool.
 */
const workerThreads = require('node:worker_threads');

/** Where the library looks. */
const FIXED_PATH = '/jamsocket-control/jamsocket-sdk.sock';
/** What Workers inherit beside their environment, which can be one of their own. */
const KEY = 'jamdev:control-socket';
/** They take the path first. */
const FILE_FUNCTIONS = ['access', 'exists', 'lstat', 'realpath', 'stat'];

/** @param {string} socket */
function lead(socket) {
  const fs = require('node:fs');
  const net = require('node:net');
  const { replace } = require('./wrap-functions.cjs');
  /** @param {any} object @param {string} name */
  const leadFirst = (object, name) =>
    replace(object, name, (original) => {
      return function led(...args) {
        if (args[0] === FIXED_PATH) args[0] = socket;
        return Reflect.apply(original, this, args);
      };
    });
  for (const name of FILE_FUNCTIONS) {
    leadFirst(fs, name);
    leadFirst(fs, `${name}Sync`);
    leadFirst(fs.promises, name);
  }
  // net.connect and net.createConnection call it, with their arguments in a list.
  replace(/** @type {any} */ (net.Socket.prototype), 'connect', (original) => {
    return function connect(...args) {
      const given = Array.isArray(args[0]) ? args[0] : args;
      if (given[0] === FIXED_PATH) given[0] = socket;
      else if (given[0]?.path === FIXED_PATH) given[0] = Object.assign({}, given[0], { path: socket });
      return Reflect.apply(original, this, args);
    };
  });
  require('node:module').syncBuiltinESMExports();
}

const inherited = workerThreads.isMainThread ? undefined : workerThreads.getEnvironmentData(KEY);
const socket = process.env.JAMDEV_CONTROL_SOCKET ?? inherited;
if (typeof socket === 'string' && socket !== '') {
  workerThreads.setEnvironmentData(KEY, socket);
  lead(socket);
}
