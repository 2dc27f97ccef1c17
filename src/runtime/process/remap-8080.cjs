// @ts-check
'use strict';
/*
 * Runs in every Node.js process of a backend, before its own code. In production, a backend listens on port 8080 of its
 * container. Here, that port belongs to the API, so `listen(8080)` is changed to listen on the backend's assigned port on
 * loopback. That port has a separate variable, because a command may set PORT itself: "PORT=8080 node server.js". All other
 * ports, paths and handles are left unchanged. This file also records which files the program requires, so that they can
 * be checked before a changed version reaches it, and which files it writes (report-writes.cjs). It is plain CommonJS
 * without imports of jamdev's other code, because it is loaded into other programs on any version of Node.js.
 */
const net = require('node:net');
/** Kept before report-writes.cjs wraps them: reporting this preload's own writes would delay the program's `listen`. */
const { openSync, writeSync, closeSync, renameSync } = require('node:fs');

const PLATFORM_PORT = 8080;
const LOOPBACK = '127.0.0.1';
/** Called before the program listens for the first time. */
let beforeListening = () => {};
let assignedPort = Number.NaN;

const { isMainThread } = require('node:worker_threads');
if (process.env.JAMDEV_CONTROL_SOCKET !== undefined || !isMainThread) require('./lead-control-socket.cjs');
// For a Worker with its own environment, in which stand-by.cjs is not loaded.
if (!isMainThread) require('./shift-clock.cjs').inheritClock();

const writesFolder = process.env.JAMDEV_WRITES_FOLDER ?? folderOfWorker();
const moreLoaded =
  writesFolder === undefined ? () => {} : require('./report-writes.cjs').reportWrites(writesFolder, __filename);

const loadedFolder = process.env.JAMDEV_LOADED_FOLDER;
/**
 * When to report the loaded files, in milliseconds: most programs load all files soon, some load more on first use.
 * A first report is made as soon as the program listens, so that the files are known before a client can reach it.
 */
const REPORT_AFTER_MS = [200, 2_000, 15_000];

/** When to write Node.js's compile cache, in milliseconds: Node.js writes it only at a normal exit, not after a signal. */
const FLUSH_AFTER_MS = [2_000, 15_000];

// A process that was started ahead of time has no port yet; stand-by.cjs calls begin() when it has.
if (process.env.JAMDEV_STANDBY_FD === undefined && process.env.JAMDEV_STANDBY_SCRIPT === undefined) begin();
module.exports = { begin };

/** Starts everything that depends on the variables and the time of the program's start. */
function begin() {
  // A wrapper that passes on only known variables may drop the first one.
  assignedPort = Number(process.env.JAMDEV_BACKEND_PORT ?? process.env.PORT);
  for (const ms of REPORT_AFTER_MS) setTimeout(reportLoaded, ms).unref();
  for (const ms of FLUSH_AFTER_MS) setTimeout(flushCompileCache, ms).unref();
  beforeListening = () => {
    beforeListening = () => {};
    reportLoaded();
  };
  if (!Number.isInteger(assignedPort) || assignedPort <= 0 || assignedPort === PLATFORM_PORT) return;
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = /** @type {typeof listen} */ (
    /** @this {import('node:net').Server} @param {unknown[]} args */
    function remappedListen(...args) {
      beforeListening();
      return Reflect.apply(listen, this, remap(args));
    }
  );
}

/** Returns the folder of the reports in a Worker with its own environment. */
function folderOfWorker() {
  return isMainThread ? undefined : require('./watch-workers.cjs').inheritedFolder();
}

function flushCompileCache() {
  /** @type {{ flushCompileCache?: () => void }} */ (require('node:module')).flushCompileCache?.();
}

function reportLoaded() {
  moreLoaded();
  if (loadedFolder === undefined) return;
  const { threadId } = require('node:worker_threads');
  const files = Object.keys(require.cache).filter((path) => !/[/\\]node_modules[/\\]/.test(path));
  try {
    const path = `${loadedFolder}/${process.pid}-${threadId}`;
    // Renamed into place, because jamdev may be reading the list at the same time.
    const fd = openSync(`${path}.new`, 'w');
    try {
      writeSync(fd, files.join('\0'));
    } finally {
      closeSync(fd);
    }
    renameSync(`${path}.new`, path);
  } catch {
    // Without the list, fewer files are checked before they reach sessions.
  }
}

/**
 * Maps the arguments of `server.listen` in all its forms:
 * (options[, cb]), (port[, host][, backlog][, cb]), (path...), (handle...).
 * @param {unknown[]} args
 * @returns {unknown[]}
 */
function remap(args) {
  const [first, ...rest] = args;
  if (typeof first === 'object' && first !== null) {
    const options = /** @type {{ port?: unknown }} */ (first);
    // In Node.js, a handle takes precedence over a port, and a port over a path.
    if (!meansPlatformPort(options.port)) return args;
    return [Object.assign({}, options, { port: assignedPort, host: LOOPBACK }), ...rest];
  }
  if (!meansPlatformPort(first)) return args;
  // A host is an optional string in second place. Loopback replaces it, or is inserted before the remaining arguments.
  return [assignedPort, LOOPBACK, ...(typeof rest[0] === 'string' ? rest.slice(1) : rest)];
}

/** @param {unknown} port */
function meansPlatformPort(port) {
  return (
    (typeof port === 'number' || (typeof port === 'string' && port.trim() !== '')) && Number(port) === PLATFORM_PORT
  );
}
