import { noteHandled } from '../os/debug/debug-log.js';
import type { StoredLog } from '../store/backend-logs.js';
import type { TimedLine } from './timed-lines.js';

/** Shown in place of lines that were not saved. */
const CUT = '[jamdev serve kept the end of this log only]';
const KEPT = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (stdout|stderr) /;

/** Encodes a line for the store: its time, its stream, and its text. */
export function encodeLine({ time, source, text }: TimedLine): Buffer {
  return Buffer.concat([Buffer.from(`${time.toISOString()} ${source} `), text, Buffer.from('\n')]);
}

/** Decodes a log that was saved at the end of its backend. @param endedAt the time of that end */
export function decodeLog({ content, isCut }: StoredLog, endedAt: Date): TimedLine[] {
  const lines: TimedLine[] = [];
  for (let start = 0; start < content.length; ) {
    const newline = content.indexOf(0x0a, start);
    const end = newline === -1 ? content.length : newline;
    lines.push(decodeLine(content.subarray(start, end), endedAt));
    start = end + 1;
  }
  return isCut ? [{ time: lines[0]?.time ?? endedAt, source: 'stdout', text: Buffer.from(CUT) }, ...lines] : lines;
}

function decodeLine(line: Buffer, endedAt: Date): TimedLine {
  const head = line.subarray(0, 40).toString('latin1');
  const [prefix = '', time = '', source] = KEPT.exec(head) ?? [];
  if (source !== 'stdout' && source !== 'stderr') {
    noteHandled('plane', 'reading a kept line', new Error('it has no time'));
    return { time: endedAt, source: 'stdout', text: line };
  }
  return { time: new Date(time), source, text: line.subarray(prefix.length) };
}
