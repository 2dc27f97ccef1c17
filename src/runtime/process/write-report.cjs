// @ts-check
'use strict';
/*
 * Records which states of files a thread of a backend has left behind, in a file that the dev server reads when files
 * have changed (src/builds/write-reports.ts): a change is the backend's own only if the file still is as it left it.
 *
 * A state is "device:inode:size:time of the last change", which no program can set. The file has a line for each inode,
 * written over in place, so that it does not grow with the number of writes:
 *
 *   H <operations started> <all operations below this number have ended>
 *   S <state> <state it was made from, or - if nothing of that is left> <all operations below this number have ended>
 *   D <ms since 1970> <path that was deleted, as JSON>
 *   O <descriptor> <device:inode of the file that `fs` opened under it for writing>
 *
 * Nothing here may fail or be noticed: without a report the dev server builds, as it does if in doubt.
 */
const fs = require('node:fs');
const { dirname, basename, join, resolve } = require('node:path');
const { fileURLToPath } = require('node:url');

// The app may replace these later.
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
  /** Operations that have started and not ended, the oldest first. @type {Set<number>} */
  #running = new Set();
  /** By inode, what this thread has left. @type {Map<string, Chain>} */
  #chains = new Map();
  /** By inode: how many operations are writing to it, and what the first of them began with. @type {Map<string, { count: number, base: string }>} */
  #busy = new Map();
  /** By path, where it is recorded. @type {Map<string, number>} */
  #deletions = new Map();
  /** By descriptor. @type {Map<number, { key: string, offset: number }>} */
  #opened = new Map();

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /** Creates the file: from then on it is known that this thread reports. */
  open() {
    if (this.#descriptor !== undefined) return;
    const { threadId } = require('node:worker_threads');
    this.#path = join(this.#folder, `${process.pid}-${threadId}`);
    this.#create();
  }

  /** The app closed this descriptor, which is not its own: another file may get its number. @param {unknown} descriptor */
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
   * What a file is before an operation that keeps some of it.
   * @param {State | undefined} before
   * @returns {string} what its next state is made from
   */
  baseOf(before) {
    if (before === undefined) return NOTHING;
    // While operations of this thread run, what is there may be theirs, and is not recorded yet.
    const busy = this.#busy.get(before.key);
    if (busy !== undefined) return busy.base;
    const chain = this.#chains.get(before.key);
    return chain?.id === before.id ? chain.base : before.id;
  }

  /** Begins to write to a file that exists. @param {State | undefined} state @param {string} base */
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
   * Records what an operation has left.
   * @param {State | undefined} state
   * @param {string} base
   */
  left(state, base = NOTHING) {
    if (state === undefined || state.id === base) return;
    const chain = this.#chains.get(state.key);
    if (chain?.id === state.id && chain.base === base) return;
    this.open();
    // What another process has built on stays to be read.
    const isSame = chain !== undefined && (chain.base === base || base === NOTHING);
    const offset = isSame ? chain.offset : this.#allocate(STATE_CHARACTERS);
    this.#chains.set(state.key, { id: state.id, base, offset });
    this.#write(line(`S ${state.id} ${base} ${this.#floor}`, STATE_CHARACTERS), offset);
  }

  /**
   * Records that the app opened a file for writing. A library that is no JavaScript opens files without that.
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

  /** Records that a file or folder is gone. @param {unknown} path */
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
      // It is written over.
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
      // The folder is gone, or no file can be opened.
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
      // The disk is full, for example.
    }
  }
}

/** @param {string} text @param {number} length */
function line(text, length) {
  return `${text.padEnd(length - 1)}\n`;
}

/** @param {unknown} path @returns {string | undefined} absolute, without links in its folders */
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
 * @param {boolean} [ofLink] of the link itself
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
