// Stores documents: here in a folder, with one file per key. In production, a container's disk is deleted with the
// container, so make these two functions use S3 or a database.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const folder = process.env.DATA_FOLDER ?? 'data';

/** @returns the saved text; '' if there is none yet */
export async function load(key) {
  try {
    return await readFile(fileOf(key), 'utf8');
  } catch (error) {
    // After any other failure, an empty document would later be saved over the real one.
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

export async function save(key, text) {
  const file = fileOf(key);
  await mkdir(folder, { recursive: true });
  // A rename is all or nothing: if the process dies while writing, the old document stays as it was.
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

/** Keys can be long and contain any character. The hash distinguishes keys whose readable parts are equal. */
function fileOf(key) {
  const readable = key.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 40);
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return join(folder, `${readable}-${hash}.txt`);
}
