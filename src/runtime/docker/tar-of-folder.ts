const BLOCK_BYTES = 512;
/** Offsets of the fields in a ustar header (POSIX.1-1988). */
const AT = {
  name: 0,
  mode: 100,
  uid: 108,
  gid: 116,
  size: 124,
  time: 136,
  checksum: 148,
  type: 156,
  magic: 257,
} as const;
const FOLDER_TYPE = '5';

/** Returns a tar archive with one empty folder. If the folder exists, extracting the archive only sets its mode. */
export function tarOfFolder(name: string, mode: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(`${name}/`, AT.name, 'latin1');
  header.write(octal(mode, 7), AT.mode, 'latin1');
  for (const field of [AT.uid, AT.gid]) header.write(octal(0, 7), field, 'latin1');
  for (const field of [AT.size, AT.time]) header.write(octal(0, 11), field, 'latin1');
  header.write(FOLDER_TYPE, AT.type, 'latin1');
  header.write('ustar\u000000', AT.magic, 'latin1');
  // The checksum counts its own field as spaces.
  header.write(' '.repeat(8), AT.checksum, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\u0000 `, AT.checksum, 'latin1');
  // Two empty blocks mark the end of an archive.
  return Buffer.concat([header, Buffer.alloc(2 * BLOCK_BYTES)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
