// @ts-check
'use strict';
/*
 * Runs inside every Node.js process of a backend, before its own code. In production a backend listens on port 8080 of
 * its container; here that port is the API's, so `listen(8080)` becomes `listen()` on the backend's own port and on
 * loopback. That port has a variable of its own, since a command may set PORT itself: "PORT=8080 node server.js". Every
 * other port, path or handle passes untouched. It also writes down which files the program requires, so that those can
 * be checked before a change of them reaches it, and what it writes (report-writes.cjs). Plain CommonJS and no imports of
 * jamdev's other code, as it is loaded into other programs, by whatever Node.js those run on.
 */
const net = require('node:net');
/** As they are before report-writes.cjs wraps them: reporting this preload's own writes delays the program's `listen`. */
const { openSync, writeSync, closeSync, renameSync } = require('node:fs');

const PLATFORM_PORT = 8080;
const LOOPBACK = '127.0.0.1';
/** Called before the program listens for the first time. */
let beforeListening = () => {};
let assignedPort = Number.NaN;

const { isMainThread } = require('node:worker_threads');
if (process.env.JAMDEV_CONTROL_SOCKET !== undefined || !isMainThread) require('./lead-control-socket.cjs');
// Of a Worker with an environment of its own, which stand-by.cjs does not reach.
if (!isMainThread) require('./shift-clock.cjs').inheritClock();

const writesFolder = process.env.JAMDEV_WRITES_FOLDER ?? folderOfWorker();
const moreLoaded =
  writesFolder === undefined ? () => {} : require('./report-writes.cjs').reportWrites(writesFolder, __filename);

const loadedFolder = process.env.JAMDEV_LOADED_FOLDER;
/**
 * When to look at what is loaded, in milliseconds: most programs have all of it soon, some load more when it is used.
 * Before that, it is looked at as soon as the program listens, so that it is known once somebody can reach it.
 */
const REPORT_AFTER_MS = [200, 2_000, 15_000];

/** When to write what Node.js has compiled: by itself it does so at its exit, which a signal prevents. */
const FLUSH_AFTER_MS = [2_000, 15_000];

// A process that was started ahead of time has no port yet: stand-by.cjs begins when it has.
if (process.env.JAMDEV_STANDBY_FD === undefined && process.env.JAMDEV_STANDBY_SCRIPT === undefined) begin();
module.exports = { begin };

/** Begins with what depends on the variables and the time of the program's start. */
function begin() {
  // A wrapper that passes on only variables that it knows may leave out the first one.
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

/** The same of a Worker with an environment of its own. */
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
    // Put in place whole: jamdev may be reading the list just then.
    const fd = openSync(`${path}.new`, 'w');
    try {
      writeSync(fd, files.join('\0'));
    } finally {
      closeSync(fd);
    }
    renameSync(`${path}.new`, path);
  } catch {
    // Without it only fewer files are checked before they reach sessions.
  }
}

/**
 * The call forms of `server.listen`: (options[, cb]), (port[, host][, backlog][, cb]), (path...), (handle...).
 * @param {unknown[]} args
 * @returns {unknown[]}
 */
function remap(args) {
  const [first, ...rest] = args;
  if (typeof first === 'object' && first !== null) {
    const options = /** @type {{ port?: unknown }} */ (first);
    // In Node.js a handle goes before a port, and a port before a path.
    if (!meansPlatformPort(options.port)) return args;
    return [Object.assign({}, options, { port: assignedPort, host: LOOPBACK }), ...rest];
  }
  if (!meansPlatformPort(first)) return args;
  // A host, when given, is the second argument and a string; in its place, or before whatever follows, goes loopback.
  return [assignedPort, LOOPBACK, ...(typeof rest[0] === 'string' ? rest.slice(1) : rest)];
}

/** @param {unknown} port */
function meansPlatformPort(port) {
  return (
    (typeof port === 'number' || (typeof port === 'string' && port.trim() !== '')) && Number(port) === PLATFORM_PORT
  );
}
