import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { noteHandled } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';

type Compile = (this: NodeJS.Module, source: string, file: string) => unknown;

/** Each file begins with the checksum of the source and the checksum of the compiled form. */
const CHECKSUM_BYTES = 4;
const HEAD_BYTES = 2 * CHECKSUM_BYTES;
const PRIVATE = 0o700;
const PRIVATE_FILE = 0o600;

/**
 * Caches the compiled form of the files that are loaded from one folder from now on, for Node.js versions without a compile
 * cache (before 22.1). V8 rejects code compiled by another version or with other flags. But it checks only the length of the
 * source, and not the integrity of the compiled form, so both have checksums. Missing and rejected entries are written when
 * the process exits.
 * @param sources the folder of the files
 * @param folder the folder for their compiled form; only this user may be able to write to it
 */
export function keepCompiledCode(sources: string, folder: string): void {
  const compiled = new Map<string, { script: Script; checksum: Buffer }>();
  const prototype = Module.prototype as unknown as { _compile: Compile };
  const compile = prototype._compile;
  prototype._compile = function (source, file) {
    if (dirname(file) !== sources) return compile.call(this, source, file);
    const kept = join(folder, basename(file));
    const checksum = checksumOf(source);
    const cachedData = readKept(kept, checksum);
    const script = new Script(Module.wrap(source), {
      filename: file,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      ...(cachedData && { cachedData }),
    });
    if (cachedData === undefined || script.cachedDataRejected === true) compiled.set(kept, { script, checksum });
    return script.runInThisContext().call(this.exports, this.exports, createRequire(file), this, file, sources);
  };
  process.once('exit', () => {
    if (compiled.size === 0) return;
    try {
      mkdirSync(folder, { mode: PRIVATE, recursive: true });
      for (const [file, { script, checksum }] of compiled) {
        const data = script.createCachedData();
        replaceFile(file, Buffer.concat([checksum, checksumOf(data), data]));
      }
    } catch (error) {
      // The next start compiles again.
      noteHandled('start', 'keeping compiled code', error);
    }
  });
}

function readKept(file: string, checksum: Buffer): Buffer | undefined {
  try {
    const kept = readFileSync(file);
    const data = kept.subarray(HEAD_BYTES);
    const head = Buffer.concat([checksum, checksumOf(data)]);
    return head.equals(kept.subarray(0, HEAD_BYTES)) ? data : undefined;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') noteHandled('start', 'reading compiled code', error);
    return undefined;
  }
}

function checksumOf(data: string | Buffer): Buffer {
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32LE(crc32(data));
  return checksum;
}

/** Replaces a file atomically, since other processes may read it. */
function replaceFile(file: string, content: Buffer): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    writeFileSync(unfinished, content, { mode: PRIVATE_FILE });
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
