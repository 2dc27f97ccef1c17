import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareConfigs } from '../../src/config/compare-configs.js';
import { resolveConfig } from '../../src/config/resolve.js';
import { makeProject } from '../support/project.js';

const BEFORE = { port: 0, proxyPort: 0, services: { doc: { command: 'run doc' }, chat: { command: 'run chat' } } };

/** What a change of the config file means, in names. */
async function compare(after: object, before: object = BEFORE) {
  const folder = makeProject({ Dockerfile: 'FROM scratch', 'other/x': '' });
  const read = (config: object) => {
    writeFileSync(join(folder, 'jamdev.config.json'), JSON.stringify(config));
    return resolveConfig({ folder });
  };
  const { services, needsRestart } = compareConfigs(await read(before), await read(after));
  return { services: services.map(({ name }) => name), needsRestart };
}

test('the same config means nothing', async () => {
  expect(await compare(BEFORE)).toEqual({ services: [], needsRestart: [] });
});

const doc = { command: 'run doc' };

test.each<[string, object]>([
  ['the command', { command: 'run doc --fast' }],
  ['the build', { ...doc, build: 'make' }],
  ['a variable', { ...doc, env: { A: '1' } }],
  ['an env file', { ...doc, envFile: 'other.env' }],
  ['what is watched', { ...doc, watch: 'other' }],
  ['onChange', { ...doc, onChange: 'keep' }],
  ['static tokens', { ...doc, useStaticToken: true }],
  ['the idle time', { ...doc, maxIdleSeconds: 60 }],
  ['the lifetime', { ...doc, lifetimeLimitSeconds: 60 }],
  ['the grace period', { ...doc, gracePeriodSeconds: 60 }],
  ['redirects', { ...doc, rewriteRedirects: true }],
  ['warm starts', { ...doc, warm: 0 }],
  ['the folder', { ...doc, folder: 'other' }],
])('of a service %s is followed', async (_what, changed) => {
  expect(await compare({ ...BEFORE, services: { ...BEFORE.services, doc: changed } })).toEqual({
    services: ['doc'],
    needsRestart: [],
  });
});

test('what all services share is followed by all', async () => {
  expect(await compare({ ...BEFORE, env: { A: '1' } })).toEqual({ services: ['doc', 'chat'], needsRestart: [] });
});

test.each<[string, object, string]>([
  ['the port of the API', { ...BEFORE, port: 8181 }, '"port"'],
  ['the port of the proxy', { ...BEFORE, proxyPort: 9191 }, '"proxyPort"'],
  ['the host', { ...BEFORE, host: '0.0.0.0' }, '"host"'],
  ['allowed hosts', { ...BEFORE, allowedHosts: ['dev.example'] }, '"allowedHosts"'],
  ['keys in the terminal', { ...BEFORE, interactive: false }, '"interactive"'],
  ['colors', { ...BEFORE, styleLogOutput: false }, '"styleLogOutput"'],
  ['a service more', { ...BEFORE, services: { ...BEFORE.services, more: doc } }, 'the new service "more"'],
  ['a service less', { ...BEFORE, services: { doc } }, 'the removed service "chat"'],
  [
    'child processes in place of containers',
    { ...BEFORE, services: { ...BEFORE.services, doc: { dockerfile: 'Dockerfile' } } },
    '"runtime" of the service "doc"',
  ],
])('%s needs a restart', async (_what, after, words) => {
  expect(await compare(after)).toEqual({ services: [], needsRestart: [words] });
});
