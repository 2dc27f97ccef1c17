import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/project.js';

/** What Plane did in the scenarios of one table, and when. */
interface Recording {
  plane: string;
  date: string;
  scenarios: Record<string, Record<string, unknown>>;
}

/** Says in a message how recordings are made. */
export const HOW_TO_RECORD = 'npm run engine:record';

function fileOf(table: string): string {
  return join(ROOT, 'test', 'engine', 'recorded', `${table}.json`);
}

/** The transcripts that were recorded, by scenario; empty where there is no recording yet. */
export function readRecording(table: string): Recording['scenarios'] {
  if (!existsSync(fileOf(table))) return {};
  return (JSON.parse(readFileSync(fileOf(table), 'utf8')) as Recording).scenarios;
}

/** Writes what Plane did, if it did anything else than what is recorded. */
export function writeRecording(table: string, scenarios: Recording['scenarios'], plane: string): void {
  if (JSON.stringify(readRecording(table)) === JSON.stringify(scenarios)) return;
  const recording: Recording = { plane, date: new Date().toISOString().slice(0, 10), scenarios };
  writeFileSync(fileOf(table), `${JSON.stringify(recording, null, 2)}\n`);
}
