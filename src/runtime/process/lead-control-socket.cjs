// @ts-check
'use strict';
/*
 * Leads a backend in a warm pool to its control socket. The library @jamsocket/session-backend looks for the socket at a
 * fixed path, which exists only in containers. In this process, that path is replaced by the socket on which the dev server
 * is listening. All other paths are left unchanged. Does nothing in processes that are not in a warm pool.
 */
const workerThreads = require('node:worker_threads');

/** The path at which the library looks for the socket. */
const FIXED_PATH = '/jamsocket-control/jamsocket-sdk.sock';
/** The key of the data that Workers inherit even if they have their own environment. */
const KEY = 'jamdev:control-socket';
/** Functions whose first argument is a path. */
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
  // net.connect and net.createConnection call this method with their arguments in an array.
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
