import { expect, test } from 'vitest';
import { wantsJson } from '../../src/cli/report-error.js';
import { runCli } from '../support/cli.js';
import { makeTempFolder } from '../support/project.js';

test.each<[string[], boolean]>([
  [['list', '--json'], true],
  [['--json'], false],
  [['list'], false],
  [['spawn', '--key', 'a', '--json'], true],
  [['status', '--', '--json'], false],
  [['exec', '--', 'npm', 'ls', '--json'], false],
  [['exec', 'npm', 'ls', '--json'], false],
  [[], false],
])('jamdev %j requests JSON: %s', (args, expected) => {
  expect(wantsJson(args)).toBe(expected);
});

test.each([
  [['exec', '--json', '--', 'echo', 'ran'], 'its output is the output of the command'],
  [['exec', '--json', 'echo', 'ran'], 'its output is the output of the command'],
  [['completion', '--json', 'bash'], 'it prints a script for a shell'],
  [['completion', 'zsh', '--json'], 'it prints a script for a shell'],
])('jamdev %j says why it prints no JSON', async (args, why) => {
  const run = await runCli(args, { cwd: makeTempFolder() });
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toMatch(new RegExp(`^jamdev: jamdev ${args[0]} has no --json: ${why}\\.\n.+\n$`));
  expect((await runCli([args[0] ?? '', '--help'], { cwd: makeTempFolder() })).stdout).not.toContain('--json  ');
});

test.each<[string[], string, number]>([
  [['list', '--json'], 'NoDevServer', 1],
  [['status', 'doc-1', '--json'], 'NoDevServer', 1],
  [['list', '--json', '--api', 'ftp://x'], 'Usage', 2],
  [['list', '--json', '--no-such-option'], 'Usage', 2],
  [['status', '--json'], 'Usage', 2],
  [['dev', '--json', '--port', 'x'], 'Usage', 2],
  [['dev', '--json', 'no-such-folder'], 'NothingToRun', 1],
])('the error of jamdev %j is one line of JSON on stderr: %s', async (args, code, exitCode) => {
  const run = await runCli(args, { cwd: makeTempFolder() });
  expect(run).toMatchObject({ code: exitCode, stdout: '' });
  expect(run.stderr.trim().split('\n')).toHaveLength(1);
  const { error } = JSON.parse(run.stderr);
  expect(error).toEqual({ code, message: expect.stringMatching(/\S/), remedy: expect.any(String) });
});
