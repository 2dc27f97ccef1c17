import type { OutputSource } from '../contract/dev-endpoints.js';

/** Length of the header of each part: its stream, three zeros, its length. */
const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Creates a function that takes the multiplexed output of an attached container and separates stdout and stderr. It
 * buffers only incomplete headers, and accepts any number of parts in one chunk.
 * @param onOutput receives the output, and whether it is the beginning of a part of the stream
 */
export function createDemuxer(
  onOutput: (source: OutputSource, chunk: Buffer, isBeginning: boolean) => void,
): (chunk: Buffer) => void {
  let header: Buffer = Buffer.alloc(0);
  let source: OutputSource = 'stdout';
  let missing = 0;
  let isBeginning = false;
  return (chunk) => {
    for (let rest = chunk; rest.length > 0; ) {
      if (missing > 0) {
        const part = rest.subarray(0, missing);
        missing -= part.length;
        rest = rest.subarray(part.length);
        onOutput(source, part, isBeginning);
        isBeginning = false;
        continue;
      }
      const needed = HEADER_BYTES - header.length;
      header = Buffer.concat([header, rest.subarray(0, needed)]);
      rest = rest.subarray(needed);
      if (header.length < HEADER_BYTES) return;
      source = header[0] === STDERR ? 'stderr' : 'stdout';
      missing = header.readUInt32BE(4);
      isBeginning = true;
      header = Buffer.alloc(0);
    }
  };
}
