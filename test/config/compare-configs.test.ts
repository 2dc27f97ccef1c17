import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareConfigs } from '../../src/config/compare-configs.js';
import { resolveConfig } from '../../src/config/resolve.js';
import { makeProject } from '../support/project.js';

const BEFORE = { port: 0, proxyPort: 0, services: { doc: { command: 'run doc' }, chat: { command: 'run chat' } } };

/** The effect of a change of the config file, with the names concerned. */
async function compare(after: object, before: object = BEFORE) {
  const folder = makeProject({ Dockerfile: 'FROM scratch', 'other/x': '' });
  const read = (config: object) => {
    writeFileSync(join(folder, 'jamdev.config.json'), JSON.stringify(config));
    return resolveConfig({ folder });
  };
  const { services, needsRestart } = compareConfigs(await read(before), await read(after));
  return { services: services.map(({ name }) => name), needsRestart };
}

test('the same config has no effect', async () => {
  expect(await compare(BEFORE)).toEqual({ services: [], needsRestart: [] });
});

const doc = { command: 'run doc' };

test.each<[string, object]>([
  ['the command', { command: 'run doc --fast' }],
  ['the build', { ...doc, build: 'make' }],
  ['a variable', { ...doc, env: { A: '1' } }],
  ['an env file', { ...doc, envFile: 'other.env' }],
  ['the watched paths', { ...doc, watch: 'other' }],
  ['onChange', { ...doc, onChange: 'keep' }],
  ['static tokens', { ...doc, useStaticToken: true }],
  ['the idle time', { ...doc, maxIdleSeconds: 60 }],
  ['the lifetime', { ...doc, lifetimeLimitSeconds: 60 }],
  ['the grace period', { ...doc, gracePeriodSeconds: 60 }],
  ['redirects', { ...doc, rewriteRedirects: true }],
  ['warm starts', { ...doc, warm: 0 }],
  ['the folder', { ...doc, folder: 'other' }],
])('a change of a service’s %s takes effect', async (_what, changed) => {
  expect(await compare({ ...BEFORE, services: { ...BEFORE.services, doc: changed } })).toEqual({
    services: ['doc'],
    needsRestart: [],
  });
});

test('a change of what all services share affects all of them', async () => {
  expect(await compare({ ...BEFORE, env: { A: '1' } })).toEqual({ services: ['doc', 'chat'], needsRestart: [] });
});

test.each<[string, object, string]>([
  ['the port of the API', { ...BEFORE, port: 8181 }, '"port"'],
  ['the port of the proxy', { ...BEFORE, proxyPort: 9191 }, '"proxyPort"'],
  ['the host', { ...BEFORE, host: '0.0.0.0' }, '"host"'],
  ['allowed hosts', { ...BEFORE, allowedHosts: ['dev.example'] }, '"allowedHosts"'],
  ['keys in the terminal', { ...BEFORE, interactive: false }, '"interactive"'],
  ['colors', { ...BEFORE, styleLogOutput: false }, '"styleLogOutput"'],
  ['an additional service', { ...BEFORE, services: { ...BEFORE.services, more: doc } }, 'the new service "more"'],
  ['a removed service', { ...BEFORE, services: { doc } }, 'the removed service "chat"'],
  [
    'a switch from containers to child processes',
    { ...BEFORE, services: { ...BEFORE.services, doc: { dockerfile: 'Dockerfile' } } },
    '"runtime" of the service "doc"',
  ],
])('%s needs a restart', async (_what, after, words) => {
  expect(await compare(after)).toEqual({ services: [], needsRestart: [words] });
});
