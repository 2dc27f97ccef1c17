import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openInBrowser } from '../../src/os/open-browser.js';
import { useVariable } from '../support/environment.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

let bin = '';

beforeEach(() => {
  bin = makeTempFolder();
  useVariable('PATH', bin);
});

test('the system’s opener gets the URL as one argument', async () => {
  const seen = join(bin, 'seen');
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\nprintf '%s|' "$@" > '${seen}.tmp' && /bin/mv '${seen}.tmp' '${seen}'\n`,
      {
        mode: 0o755,
      },
    );
  }
  expect(await openInBrowser('http://localhost:8080/?a=b&c=$(touch x)')).toBe(true);
  const written = await waitFor(() => {
    try {
      return readFileSync(seen, 'utf8');
    } catch {
      return undefined;
    }
  }, 'the opener to run');
  expect(written).toBe('http://localhost:8080/?a=b&c=$(touch x)|');
});

test('a system without an opener is reported', async () => {
  expect(await openInBrowser('http://localhost/')).toBe(false);
});
