// @ts-check
'use strict';
/*
 * The effects of the writing functions of `fs` on files, by the names of their callback variants. An operation reads the
 * arguments before the function runs, and reports the state of the file afterwards.
 */
const fs = require('node:fs');
const { join } = require('node:path');
const { stateOf } = require('./write-report.cjs');

/** @typedef {InstanceType<typeof import('./write-report.cjs').WriteReport>} Report */
/**
 * Receives the end of an operation: its result, and whether the program was notified so late that someone else may have
 * changed the file in the meantime.
 * @typedef {(succeeded: boolean, result: unknown, isLate: boolean) => void} End
 */
/** @typedef {(report: Report, args: unknown[]) => End} Operation */

const { readdirSync } = fs;
const { O_TRUNC, O_CREAT, O_EXCL, O_WRONLY, O_RDWR } = fs.constants;

/**
 * Reports an operation after which nothing of the previous content is left.
 * @param {Report} report @param {unknown} path @param {boolean} [ofLink] @param {number} [size] of the new content
 * @returns {End}
 */
const replaced = (report, path, ofLink, size) => (succeeded, _result, isLate) => {
  const state = stateOf(path, ofLink);
  // After a late notification, only the size shows that the file is unchanged since the operation.
  if (succeeded && (!isLate || (state !== undefined && state.size === size))) report.left(state);
};

/**
 * Reports an operation after which some of the previous content is left. If a person wrote that and the change has not been
 * noticed yet, it still has to start a build.
 * @param {Report} report
 * @param {unknown} before path or descriptor
 * @param {unknown} after the path or descriptor after the operation
 * @param {boolean} [ofLink]
 * @param {(result: unknown) => number | undefined} [addedBy] returns how many bytes were added to the file
 * @returns {End}
 */
function continued(report, before, after, ofLink, addedBy) {
  const state = stateOf(before, ofLink);
  const base = report.baseOf(state);
  report.hold(state, base);
  return (succeeded, result, isLate) => {
    report.release(state);
    const now = stateOf(after, ofLink);
    const added = addedBy?.(result) ?? Number.NaN;
    if (succeeded && (!isLate || now?.size === (state?.size ?? 0) + added)) report.left(now, base);
  };
}

/** @type {Operation} */
const changed = (report, [file]) => continued(report, file, file);
/** @type {Operation} */
const changedLink = (report, [path]) => continued(report, path, path, true);
/** @type {Operation} */
const linked = (report, [from, to]) => continued(report, from, to, true);

/** @type {Operation} */
const moved = (report, [from, to]) => {
  const end = continued(report, from, to, true);
  return (succeeded, ...rest) => {
    if (succeeded) report.deleted(from);
    end(succeeded, ...rest);
  };
};

/** @type {Operation} */
const deleted =
  (report, [path]) =>
  (succeeded) => {
    if (succeeded) report.deleted(path);
  };

/** @type {Operation} */
const copied =
  (report, [from, to]) =>
  (succeeded) => {
    if (succeeded) leftAll(report, String(from), String(to));
  };

/**
 * Reports a copied file or folder. Node.js copies folders without calling other functions of `fs`.
 * @param {Report} report @param {string} from @param {string} to
 */
function leftAll(report, from, to) {
  report.left(stateOf(to, true));
  try {
    for (const entry of readdirSync(from)) leftAll(report, join(from, entry), join(to, entry));
  } catch {
    // The path is a file, not a folder.
  }
}

/** @param {'w' | 'a'} usual the flag if none is given @returns {Operation} */
const written =
  (usual) =>
  (report, [file, data, options]) => {
    const target = typeof file === 'object' && file !== null && 'fd' in file ? file.fd : file;
    const flag = /** @type {{ flag?: unknown } | null | undefined} */ (options)?.flag ?? usual;
    const isReplaced = typeof target !== 'number' && effectOf(flag) === 'replaces';
    const bytes = bytesOf(data, options);
    return isReplaced ? replaced(report, target, false, bytes) : continued(report, target, target, false, () => bytes);
  };

/** @param {unknown} data @param {unknown} options of `writeFile` */
function bytesOf(data, options) {
  if (ArrayBuffer.isView(data)) return data.byteLength;
  if (typeof data !== 'string') return undefined;
  const encoding = typeof options === 'string' ? options : /** @type {{ encoding?: any }} */ (options)?.encoding;
  return Buffer.byteLength(data, typeof encoding === 'string' ? /** @type {BufferEncoding} */ (encoding) : 'utf8');
}

/** `write` and `writev`, which return the number of written bytes. @type {Operation} */
const added = (report, [descriptor]) =>
  continued(report, descriptor, descriptor, false, (result) =>
    typeof result === 'object' && result !== null && 'bytesWritten' in result
      ? Number(result.bytesWritten)
      : Number(result),
  );

/** Returns the effect of opening a file with these flags. @param {unknown} flags */
function effectOf(flags) {
  if (typeof flags === 'string') return /w/.test(flags) ? 'replaces' : /[a+]/.test(flags) ? 'continues' : 'nothing';
  if (typeof flags !== 'number') return 'nothing';
  const isNew = (flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0;
  if ((flags & O_TRUNC) !== 0 || isNew) return 'replaces';
  return (flags & (O_WRONLY | O_RDWR | O_CREAT)) !== 0 ? 'continues' : 'nothing';
}

/** @type {Operation} */
const opened = (report, [path, flags]) => {
  const end = effectOf(flags) === 'replaces' ? replaced(report, path) : continued(report, path, path);
  return (succeeded, result, isLate) => {
    end(succeeded, result, isLate);
    const descriptor = typeof result === 'object' && result !== null && 'fd' in result ? result.fd : result;
    if (succeeded) report.opened(descriptor, stateOf(descriptor));
  };
};

/** @type {Readonly<Record<string, Operation>>} */
const OPERATIONS = {
  writeFile: written('w'),
  appendFile: written('a'),
  copyFile: (report, [, to]) => replaced(report, to),
  symlink: (report, [, path]) => replaced(report, path, true),
  cp: copied,
  rename: moved,
  link: linked,
  truncate: changed,
  chmod: changed,
  chown: changed,
  utimes: changed,
  lchmod: changedLink,
  lchown: changedLink,
  lutimes: changedLink,
  unlink: deleted,
  rm: deleted,
  rmdir: deleted,
};

/** Functions whose first argument is a descriptor. */
const OF_DESCRIPTORS = {
  write: added,
  writev: added,
  ftruncate: changed,
  fchmod: changed,
  fchown: changed,
  futimes: changed,
};
/** Methods of a FileHandle. */
const OF_HANDLES = {
  write: added,
  writev: added,
  writeFile: changed,
  appendFile: changed,
  truncate: changed,
  chmod: changed,
  chown: changed,
  utimes: changed,
};

/** @param {unknown[]} args of `open` */
const opensForWriting = ([, flags]) => effectOf(flags) !== 'nothing';
/** Whether a descriptor may be a file of the project, unlike standard streams. @param {unknown[]} args */
const isOfFile = ([descriptor]) => typeof descriptor === 'number' && descriptor > 2;

module.exports = { OPERATIONS, OF_DESCRIPTORS, OF_HANDLES, opened, opensForWriting, isOfFile };
