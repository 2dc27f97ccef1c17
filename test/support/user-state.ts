import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs once around all tests: dev servers that they start are registered in a folder of the run, not in the real home.
 */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'jamdev-test-state-'));
  process.env.XDG_STATE_HOME = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
