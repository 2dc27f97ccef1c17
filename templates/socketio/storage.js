// Where documents are kept: here a folder, with one file per key. In production a container's disk goes when the
// container goes, so put S3 or a database behind these two functions.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const folder = process.env.DATA_FOLDER ?? 'data';

/** @returns the saved text; '' if there is none yet */
export async function load(key) {
  try {
    return await readFile(fileOf(key), 'utf8');
  } catch (error) {
    // Any other failure must not pass for an empty document, which would then be saved over the real one.
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

export async function save(key, text) {
  const file = fileOf(key);
  await mkdir(folder, { recursive: true });
  // A rename is all or nothing: whoever dies half-way through the writing leaves the old document as it was.
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

/** A key may hold any character and be long; the hash tells apart what looks alike in a file's name. */
function fileOf(key) {
  const readable = key.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 40);
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return join(folder, `${readable}-${hash}.txt`);
}
