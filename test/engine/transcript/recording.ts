import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/project.js';

/** What Plane did in the scenarios of one table, and when. */
interface Recording {
  plane: string;
  date: string;
  scenarios: Record<string, Record<string, unknown>>;
}

/** The name of the table of generated cases. */
export const GENERATED = 'generated';

/** Tells in a message how to make recordings. */
export const HOW_TO_RECORD = 'npm run engine:record';

function fileOf(table: string): string {
  return join(ROOT, 'test', 'engine', 'recorded', `${table}.json`);
}

/** The recorded transcripts by scenario; empty without a recording. */
export function readRecording(table: string): Recording['scenarios'] {
  if (!existsSync(fileOf(table))) return {};
  return (JSON.parse(readFileSync(fileOf(table), 'utf8')) as Recording).scenarios;
}

/** Writes what Plane did if it differs from the recording. */
export function writeRecording(table: string, scenarios: Recording['scenarios'], plane: string): void {
  if (JSON.stringify(readRecording(table)) === JSON.stringify(scenarios)) return;
  const date = new Date().toISOString().slice(0, 10);
  const rows = Object.entries(scenarios).map(
    ([name, transcript]) => `    ${JSON.stringify(name)}: ${textOf(transcript, table)}`,
  );
  const head = `  "plane": ${JSON.stringify(plane)},\n  "date": ${JSON.stringify(date)},\n`;
  writeFileSync(fileOf(table), `{\n${head}  "scenarios": {\n${rows.join(',\n')}\n  }\n}\n`);
}

/** Readable in a diff, with one line per generated case: there are too many to read them all. */
function textOf(transcript: Record<string, unknown>, table: string): string {
  if (table === GENERATED) return JSON.stringify(transcript);
  return JSON.stringify(transcript, null, 2).replaceAll('\n', '\n    ');
}
