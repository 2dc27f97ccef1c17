import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli, startDev } from '../support/cli.js';
import { post } from '../support/http.js';
import { isInstalled } from '../support/installed.js';
import { makeJamdevProject } from '../support/jamdev-project.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { describeTmux, PROMPT, Tmux } from '../support/tmux.js';
import { waitFor } from '../support/wait.js';

const COMMAND = ['--command', `node ${fixture('echo-server.mjs')}`];

/** Returns the completions offered for the last word. */
async function complete(words: string[], cwd = makeTempFolder()): Promise<string[]> {
  const { code, stdout } = await runCli(['complete', '--', ...words], { cwd });
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map((line) => line.split('\t')[0] ?? '');
}

test('completes commands, options and choices', async () => {
  expect(await complete(['te'])).toEqual(['terminate']);
  expect(await complete(['dev', '--proxy'])).toEqual(['--proxy-port']);
  expect(await complete(['list', '--deb'])).toEqual(['--debug']);
  expect(await complete(['dev', '--on-change', ''])).toEqual(['terminate', 'restart', 'keep']);
});

test('completes backends by id and key, and offers none, without an error, when there is no dev server', async () => {
  const dev = await startDev(makeProject(), COMMAND);
  const { backend_id } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'doc-1' })).json<{
    backend_id: string;
  }>();
  // On a slow machine, completion may give up before the dev server answers.
  const offered = (words: string[]) =>
    waitFor(async () => {
      const found = await complete(words, dev.folder);
      return found.length > 0 && found;
    }, 'backends to be offered');
  expect(await offered(['logs', ''])).toEqual([backend_id, 'doc-1']);
  expect(await offered(['terminate', 'doc-'])).toEqual(['doc-1']);
  expect(await complete(['logs', ''])).toEqual([]);
});

test.each(['bash', 'zsh', 'fish'])('prints the script for %s', async (shell) => {
  const { code, stdout, stderr } = await runCli(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('jamdev');
});

/** How to start each shell without the user's settings, and how to load a script in it. */
const SHELLS = {
  bash: { start: '', source: 'source <(npx jamdev completion bash)' },
  zsh: { start: "PS1='PROMPT> ' zsh -f", source: 'source <(npx jamdev completion zsh)' },
  fish: {
    start: 'fish --no-config -C \'function fish_prompt; echo "PROMPT> "; end\'',
    source: 'npx jamdev completion fish | source',
  },
};

describeTmux('in a project with jamdev as a devDependency', () => {
  const names = ['bash', 'zsh', 'fish'] as const;
  test.each(names.filter((name) => isInstalled(name) || process.env.JAMDEV_REQUIRE_TERMINAL === '1'))(
    '%s completes npx jamdev, pnpm exec jamdev and jamdev',
    async (name) => {
      // The terminal is in a subfolder that has no files of jamdev.
      const folder = makeJamdevProject({ 'below/doc.txt': '' });
      const below = join(folder, 'below');
      const hostile = '$(touch pwned)';
      const dev = await startDev(folder, COMMAND);
      // Backend ids have no hyphens, so what is typed is the prefix of exactly one key.
      for (const key of ['doc-1', 'a-b c:d', hostile]) {
        await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key });
      }
      const terminal = await Tmux.open({ cwd: below, env: { npm_config_offline: 'true' } });
      const { start, source } = SHELLS[name];
      if (start !== '') {
        await terminal.enter(start);
        await waitFor(terminalIsAt(terminal, 2), `${name} to start`);
      }
      await terminal.enter(source);
      await waitFor(terminalIsAt(terminal, start === '' ? 2 : 3), 'the script to be read');
      const lastLine = async () => (await terminal.history()).findLast((each) => each.includes(PROMPT)) ?? '';
      let attempts = 0;
      /** Types again until it is completed: on a slow machine, completion may give up before the dev server answers. */
      const completed = async (typed: string, expected: string) => {
        await waitFor(async () => {
          attempts += 1;
          await terminal.press('C-u');
          await terminal.type(typed);
          await terminal.press('Tab');
          // The shell takes this input only after it has completed the word or found nothing.
          const mark = `Z${attempts}`;
          await terminal.type(mark);
          const line = await waitFor(async () => {
            const last = await lastLine();
            return last.endsWith(mark) ? last : undefined;
          }, `${name} to complete ${typed}`);
          return line.includes(expected);
        }, `${expected} in place of ${typed}`);
        await terminal.press('C-u');
      };
      await completed('npx jamdev termi', 'npx jamdev terminate');
      await completed('pnpm exec jamdev logs doc-', 'pnpm exec jamdev logs doc-1');
      await completed('npm exec -- jamdev dev --on-ch', 'npm exec -- jamdev dev --on-change');
      await completed('../node_modules/.bin/jamdev dev --on-change rest', 'dev --on-change restart');
      await completed('jamdev status a-', 'a-b\\ c');
      // Completions are inserted as text: the shell runs neither a hostile key nor what was typed.
      await completed('npx jamdev status \\$', 'touch');
      await completed('npx jamdev terminate "$(touch pwned2)" doc-', 'doc-1');
      expect(readdirSync(below)).toEqual(['doc.txt']);
    },
  );
});

function terminalIsAt(terminal: Tmux, prompts: number) {
  return async () => {
    const lines = await terminal.history();
    return lines.filter((line) => line.startsWith(PROMPT)).length >= prompts && lines.at(-1) === PROMPT;
  };
}

test('an unknown shell is a usage error', async () => {
  const { code, stderr } = await runCli(['completion', 'cmd']);
  expect(code).toBe(2);
  expect(stderr).toContain('zsh, bash, fish');
});
