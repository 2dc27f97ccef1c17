import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli, startDev } from '../support/cli.js';
import { post } from '../support/http.js';
import { fixture, makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const COMMAND = ['--command', `node ${fixture('echo-server.mjs')}`];

/** What is offered for the last of the words. */
async function complete(words: string[], cwd = makeTempFolder()): Promise<string[]> {
  const { code, stdout } = await runCli(['complete', '--', ...words], { cwd });
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map((line) => line.split('\t')[0] ?? '');
}

test('commands, options and choices are offered', async () => {
  expect(await complete(['te'])).toEqual(['terminate']);
  expect(await complete(['dev', '--proxy'])).toEqual(['--proxy-port']);
  expect(await complete(['dev', '--on-change', ''])).toEqual(['terminate', 'restart', 'keep']);
});

test('backends are offered by id and key; without a dev server, none, and no error', async () => {
  const dev = await startDev(makeProject(), COMMAND);
  const { backend_id } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'doc-1' })).json<{
    backend_id: string;
  }>();
  // On a slow machine the dev server may not be waited for.
  const offered = (words: string[]) =>
    waitFor(async () => {
      const found = await complete(words, dev.folder);
      return found.length > 0 && found;
    }, 'backends to be offered');
  expect(await offered(['logs', ''])).toEqual([backend_id, 'doc-1']);
  expect(await offered(['terminate', 'do'])).toEqual(['doc-1']);
  expect(await complete(['logs', ''])).toEqual([]);
});

test.each(['bash', 'zsh', 'fish'])('the script for %s is printed', async (shell) => {
  const { code, stdout, stderr } = await runCli(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('jamdev');
});

test('in a real bash, the script completes', async () => {
  const folder = makeTempFolder();
  writeFileSync(join(folder, 'jamdev'), `#!/bin/sh\nexec node ${join(ROOT, 'bin', 'jamdev.js')} "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(join(folder, 'script'), (await runCli(['completion', 'bash'])).stdout);
  // What the script takes from the package bash-completion, and a bash that completes for a person.
  const ask = `
    _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="\${words[cword]}"; prev="\${words[cword-1]}"; }
    compopt() { :; }
    . ./script
    COMP_WORDS=(jamdev termi) COMP_CWORD=1 COMP_LINE='jamdev termi' COMP_POINT=12
    eval "$(complete -p jamdev | sed -E 's/.*-F ([^ ]+) .*/\\1/')"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['-c', ask], {
    cwd: folder,
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    encoding: 'utf8',
  });
  expect(printed.trim()).toBe('terminate');
});

test('a shell that is not known is a mistake in the command line', async () => {
  const { code, stderr } = await runCli(['completion', 'cmd']);
  expect(code).toBe(2);
  expect(stderr).toContain('zsh, bash, fish');
});
