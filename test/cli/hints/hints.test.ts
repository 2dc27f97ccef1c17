import { expect, test } from 'vitest';
import { Hints, type HintTarget } from '../../../src/cli/hints/hints.js';
import { makeJamdevProject } from '../../support/jamdev-project.js';

const API = 'http://localhost:8081';

/** Hints for a shell in a project with a jamdev from pnpm. */
function adapt(text: string, target: (project: string) => HintTarget = () => ({})): string {
  const shellFolder = makeJamdevProject();
  const call = { script: '/x', shellFolder, folder: shellFolder, runner: 'pnpm', isPlugAndPlay: false, path: '' };
  return new Hints(call, target(shellFolder)).adapt(text);
}

test.each([
  ['List them: npx jamdev list', 'List them: pnpm exec jamdev list'],
  ['(npx jamdev dev --port 0)', '(pnpm exec jamdev dev --port 0)'],
  ['npx jamdev logs a or npx jamdev logs b', 'pnpm exec jamdev logs a or pnpm exec jamdev logs b'],
  ['npx jamdev', 'pnpm exec jamdev'],
  ['npx jamdevice list', 'npx jamdevice list'],
  ['mynpx jamdev list', 'mynpx jamdev list'],
])('%j becomes %j', (text, adapted) => {
  expect(adapt(text)).toBe(adapted);
});

const COMMANDS = ['spawn', 'connect', 'logs', 'list', 'status', 'terminate', 'build'];

test.each(COMMANDS)('%s gets the URL of the dev server, unless the shell’s folder finds it', (command) => {
  const line = `npx jamdev ${command} doc-1`;
  const plain = `pnpm exec jamdev ${command} doc-1`;
  const withApi = `pnpm exec jamdev ${command} --api ${API} doc-1`;
  expect(adapt(line, (project) => ({ project, apiUrl: API }))).toBe(plain);
  expect(adapt(line, (project) => ({ project: `${project}/app`, apiUrl: API }))).toBe(withApi);
  expect(adapt(line, (project) => ({ project: `${project}-2`, apiUrl: API }))).toBe(withApi);
  expect(adapt(line, (project) => ({ project: project.replace(/\/[^/]*$/, ''), apiUrl: API }))).toBe(plain);
  expect(adapt(line, () => ({ apiUrl: API, isApiGiven: true }))).toBe(withApi);
  expect(adapt(`npx jamdev ${command} --api URL x`, () => ({ apiUrl: API }))).toBe(
    `pnpm exec jamdev ${command} --api URL x`,
  );
});

test.each(['dev', 'doctor'])('%s gets the folder of the project, unless the shell is in it', (command) => {
  const line = `npx jamdev ${command} --json`;
  expect(adapt(line, (project) => ({ project }))).toBe(`pnpm exec jamdev ${command} --json`);
  expect(adapt(line, (project) => ({ project: `${project}/my app` }))).toBe(
    `pnpm exec jamdev ${command} 'my app' --json`,
  );
  expect(adapt(line, (project) => ({ project: `${project}/..` }))).toBe(`pnpm exec jamdev ${command} .. --json`);
});

test('other commands get neither URL nor folder', () => {
  const target = () => ({ project: '/elsewhere', apiUrl: API });
  expect(adapt('npx jamdev exec -- sh', target)).toBe('pnpm exec jamdev exec -- sh');
  expect(adapt('npx jamdev init my-app', target)).toBe('pnpm exec jamdev init my-app');
});
