// @ts-check
'use strict';
/*
 * Records when a thread of a backend ran code that does not report its writes: another program, or a native library. Such
 * code can't have caused changes of files at other times, but may have caused changes during these times.
 *
 * The file has a line for each of the newest times. All lines are overwritten in one step, so that a reader always sees a
 * complete list:
 *
 *   R <from> <to, or - while it runs> <pid of the program, or 0>
 *
 * in milliseconds since the epoch. The dev server reads it when files have changed (src/builds/write-reports.ts).
 */
const fs = require('node:fs');
const { join } = require('node:path');

// Kept because the app may replace these later. What they write here must not be reported as the app's writes.
const { openSync, writeSync, closeSync } = fs;
const { O_WRONLY, O_CREAT } = fs.constants;
const now = Date.now;

const MAX_RUNS = 64;
/** Room for two times in milliseconds, a pid of up to ten digits, and separators. */
const LINE_CHARACTERS = 48;
/** Times with shorter breaks are merged: the dev server can't determine the time of a change more precisely. */
const BREAK_MS = 10;

/** @typedef {{ from: number, to: number | undefined, pid: number }} Run */

class ForeignRuns {
  #folder;
  /** Oldest first. @type {Run[]} */
  #runs = [];
  #writtenMs = 0;

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /** Starts recording a time. @returns {Run} */
  begin() {
    const run = { from: now(), to: undefined, pid: 0 };
    this.#runs.push(run);
    this.#write();
    return run;
  }

  /** Notes that the run is a program that runs next to this thread. @param {Run} run @param {number} pid */
  name(run, pid) {
    run.pid = pid;
    this.#write();
  }

  /** @param {Run} run */
  end(run) {
    this.#runs.splice(this.#runs.indexOf(run), 1);
    this.add(run.from, true);
  }

  /** Adds a time that ends now. @param {number} from @param {boolean} [atOnce] whether to write even a short addition */
  add(from, atOnce = false) {
    const to = now();
    const last = this.#runs.findLast(({ to: end }) => end !== undefined);
    if (last?.to !== undefined && last.to >= from - BREAK_MS) {
      last.from = Math.min(last.from, from);
      last.to = to;
    } else {
      this.#runs.push({ from, to, pid: 0 });
    }
    if (atOnce || to - this.#writtenMs >= BREAK_MS) this.#write();
  }

  #write() {
    this.#writtenMs = now();
    while (this.#runs.length > MAX_RUNS) {
      const oldest = this.#runs.findIndex(({ to }) => to !== undefined);
      this.#runs.splice(Math.max(oldest, 0), 1);
    }
    const lines = this.#runs.map(({ from, to, pid }) => `R ${from} ${to ?? '-'} ${pid}`);
    while (lines.length < MAX_RUNS) lines.push('');
    const text = lines.map((line) => `${line.padEnd(LINE_CHARACTERS - 1)}\n`).join('');
    try {
      const { threadId } = require('node:worker_threads');
      const path = join(this.#folder, `${process.pid}-${threadId}.runs`);
      const descriptor = openSync(path, O_WRONLY | O_CREAT, 0o600);
      try {
        writeSync(descriptor, text, 0);
      } finally {
        closeSync(descriptor);
      }
    } catch {
      // Without the record, these writes start builds like a person's changes.
    }
  }
}

module.exports = { ForeignRuns };
