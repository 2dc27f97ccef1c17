// @ts-check
'use strict';
/*
 * Records the states of files after a backend thread's writes, in a file that the dev server reads when files have changed
 * (src/builds/write-reports.ts). A change counts as the backend's own only if the file still has the recorded state.
 *
 * A state is "device:inode:size:time of the last change"; no program can set that time. The file has one line for each
 * inode, which is overwritten in place, so that the file does not grow with the number of writes:
 *
 *   H <operations started> <all operations below this number have ended>
 *   S <state> <state from which it was made, or - if nothing of it is left> <all operations below this number have ended>
 *   D <ms since the epoch> <deleted path, as JSON>
 *   O <descriptor> <device:inode of the file that `fs` opened for writing with this descriptor>
 *
 * This code must not throw or affect the app: without a report, the dev server builds, as it always does when in doubt.
 */
const fs = require('node:fs');
const { dirname, basename, join, resolve } = require('node:path');
const { fileURLToPath } = require('node:url');

// Kept because the app may replace these later.
const { openSync, writeSync, closeSync, fstatSync, statSync, lstatSync, renameSync } = fs;
const { native: realpath } = fs.realpathSync;
const now = Date.now;

const MAX_BYTES = 512 * 1024;
const HEADER_CHARACTERS = 40;
const STATE_CHARACTERS = 200;
const OPEN_CHARACTERS = 64;
const NOTHING = '-';

/** @typedef {{ key: string, id: string, size: number }} State */
/** @typedef {{ id: string, base: string, offset: number }} Chain */

class WriteReport {
  /** @type {number | undefined} */
  #descriptor;
  #path = '';
  #folder;
  #size = 0;
  #started = 0;
  /** Operations that have started but not ended, oldest first. @type {Set<number>} */
  #running = new Set();
  /** The last recorded state, by inode. @type {Map<string, Chain>} */
  #chains = new Map();
  /**
   * The number of running write operations, and the state before the first of them, by inode.
   * @type {Map<string, { count: number, base: string }>}
   */
  #busy = new Map();
  /** The position of a deletion's line, by path. @type {Map<string, number>} */
  #deletions = new Map();
  /** Opened files, by descriptor. @type {Map<number, { key: string, offset: number }>} */
  #opened = new Map();

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /** Creates the file, which shows that this thread reports its writes. */
  open() {
    if (this.#descriptor !== undefined) return;
    const { threadId } = require('node:worker_threads');
    this.#path = join(this.#folder, `${process.pid}-${threadId}`);
    this.#create();
  }

  /**
   * Notes that the app closed a descriptor. It may be the report's, whose number another file may get now.
   * @param {unknown} descriptor
   */
  closed(descriptor) {
    if (descriptor === this.#descriptor) this.#descriptor = undefined;
  }

  /** @returns {number} */
  begin() {
    this.open();
    this.#started += 1;
    this.#running.add(this.#started);
    this.#writeHeader();
    return this.#started;
  }

  /** @param {number} operation */
  end(operation) {
    this.#running.delete(operation);
    this.#writeHeader();
  }

  /**
   * Returns the base for the next state of a file, before an operation that keeps some of its content.
   * @param {State | undefined} before
   * @returns {string} the state from which the next one is made
   */
  baseOf(before) {
    if (before === undefined) return NOTHING;
    // While operations of this thread are running, the current content may be theirs, and is not recorded yet.
    const busy = this.#busy.get(before.key);
    if (busy !== undefined) return busy.base;
    const chain = this.#chains.get(before.key);
    return chain?.id === before.id ? chain.base : before.id;
  }

  /** Notes the start of a write to an existing file. @param {State | undefined} state @param {string} base */
  hold(state, base) {
    if (state !== undefined) this.#busy.set(state.key, { count: (this.#busy.get(state.key)?.count ?? 0) + 1, base });
  }

  /** @param {State | undefined} state */
  release(state) {
    if (state === undefined) return;
    const busy = this.#busy.get(state.key);
    if (busy !== undefined && busy.count > 1) busy.count -= 1;
    else this.#busy.delete(state.key);
  }

  /**
   * Records the state of a file after an operation.
   * @param {State | undefined} state
   * @param {string} base
   */
  left(state, base = NOTHING) {
    if (state === undefined || state.id === base) return;
    const chain = this.#chains.get(state.key);
    if (chain?.id === state.id && chain.base === base) return;
    this.open();
    // A state from which another process may have made a new one must stay readable.
    const isSame = chain !== undefined && (chain.base === base || base === NOTHING);
    const offset = isSame ? chain.offset : this.#allocate(STATE_CHARACTERS);
    this.#chains.set(state.key, { id: state.id, base, offset });
    this.#write(line(`S ${state.id} ${base} ${this.#floor}`, STATE_CHARACTERS), offset);
  }

  /**
   * Records that the app opened a file for writing through `fs`. Native libraries open files without such a record.
   * @param {unknown} descriptor @param {State | undefined} state
   */
  opened(descriptor, state) {
    if (typeof descriptor !== 'number' || state === undefined) return;
    const known = this.#opened.get(descriptor);
    if (known?.key === state.key) return;
    const offset = known?.offset ?? this.#allocate(OPEN_CHARACTERS);
    this.#opened.set(descriptor, { key: state.key, offset });
    this.#write(line(`O ${descriptor} ${state.key}`, OPEN_CHARACTERS), offset);
  }

  /** Records the deletion of a file or folder. @param {unknown} path */
  deleted(path) {
    const absolute = absoluteOf(path);
    if (absolute === undefined) return;
    this.open();
    const text = `D ${now()} ${JSON.stringify(absolute)}\n`;
    const offset = this.#deletions.get(absolute) ?? this.#allocate(Buffer.byteLength(text));
    this.#deletions.set(absolute, offset);
    this.#write(text, offset);
  }

  get #floor() {
    for (const operation of this.#running) return operation;
    return this.#started + 1;
  }

  #writeHeader() {
    this.#write(line(`H ${this.#started} ${this.#floor}`, HEADER_CHARACTERS), 0);
  }

  /** @param {number} bytes */
  #allocate(bytes) {
    if (this.#size + bytes > MAX_BYTES) this.#rotate();
    const offset = this.#size;
    this.#size += bytes;
    return offset;
  }

  #rotate() {
    try {
      if (this.#descriptor !== undefined) closeSync(this.#descriptor);
      renameSync(this.#path, `${this.#path}.old`);
    } catch {
      // The file is overwritten instead.
    }
    this.#create();
    const opened = [...this.#opened];
    this.#opened.clear();
    for (const [descriptor, { key }] of opened) this.opened(descriptor, { key, id: '', size: 0 });
  }

  #create() {
    this.#chains.clear();
    this.#deletions.clear();
    this.#size = HEADER_CHARACTERS;
    try {
      this.#descriptor = openSync(this.#path, 'w', 0o600);
    } catch {
      // The folder does not exist anymore, or no file can be opened.
      this.#descriptor = undefined;
    }
    this.#writeHeader();
  }

  /** @param {string} text @param {number} offset */
  #write(text, offset) {
    if (this.#descriptor === undefined) return;
    try {
      writeSync(this.#descriptor, text, offset);
    } catch {
      // For example, the disk is full.
    }
  }
}

/** @param {string} text @param {number} length */
function line(text, length) {
  return `${text.padEnd(length - 1)}\n`;
}

/** @param {unknown} path @returns {string | undefined} the absolute path with resolved links in its folders */
function absoluteOf(path) {
  try {
    const text = path instanceof URL ? fileURLToPath(path) : String(path);
    const absolute = resolve(text);
    return join(realpath(dirname(absolute)), basename(absolute));
  } catch {
    return undefined;
  }
}

const BIG = /** @type {const} */ ({ bigint: true });

/** @param {import('node:fs').BigIntStats} stats @returns {State} */
function toState({ dev, ino, size, ctimeNs }) {
  return { key: `${dev}:${ino}`, id: `${dev}:${ino}:${size}:${ctimeNs}`, size: Number(size) };
}

/**
 * @param {unknown} file a path or a descriptor
 * @param {boolean} [ofLink] whether to return the state of the link itself
 * @returns {State | undefined}
 */
function stateOf(file, ofLink = false) {
  try {
    if (typeof file === 'number') return toState(fstatSync(file, BIG));
    const path = /** @type {string} */ (file);
    return toState(ofLink ? lstatSync(path, BIG) : statSync(path, BIG));
  } catch {
    return undefined;
  }
}

module.exports = { WriteReport, stateOf };
