import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { makeTempFolder } from '../support/project.js';

const REGISTRY = ['--registry', 'https://registry.example.com', '--public-url', 'https://api.example.com/'];
const FILES = ['certificate.pem', 'config.yml', 'signing-key.pem'];

test('--init writes a key, a certificate and a config that only their owner can read, and explains them', async () => {
  const cwd = makeTempFolder();
  const { code, stdout, stderr } = await runCli(['serve', '--init', ...REGISTRY], { cwd });
  expect(code, stderr).toBe(0);
  const folder = join(cwd, 'registry');
  expect(readdirSync(folder).sort()).toEqual(FILES);
  for (const name of FILES) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  expect(stdout).toContain('JAMDEV_SERVE_REGISTRY=https://registry.example.com');
  const config = readFileSync(join(folder, 'config.yml'), 'utf8');
  expect(config).toContain('realm: "https://api.example.com/registry/token"');
  expect(config).toContain('url: "https://api.example.com/registry/events"');
  expect(config).toContain('service: "registry.example.com"');
  expect(config).toContain(`rootcertbundle: ${JSON.stringify(join(folder, 'certificate.pem'))}`);
});

test.each(FILES)('--init writes nothing if %s exists', async (name) => {
  const cwd = makeTempFolder();
  mkdirSync(join(cwd, 'mine'));
  writeFileSync(join(cwd, 'mine', name), 'kept');
  const { code, stderr } = await runCli(['serve', '--init', 'mine', ...REGISTRY], { cwd });
  expect(code).not.toBe(0);
  expect(stderr).toContain(`"mine" already has ${name}`);
  expect(readdirSync(join(cwd, 'mine'))).toEqual([name]);
  expect(readFileSync(join(cwd, 'mine', name), 'utf8')).toBe('kept');
});

test.each([
  [['--public-url', 'https://api.example.com'], 'needs the URL of the registry'],
  [['--registry', 'https://registry.example.com', '--port', '0'], 'a changing port'],
  [['--registry', 'ftp://registry.example.com'], '"serve.registry"'],
])('--init reports what is missing: %j', async (args, message) => {
  const cwd = makeTempFolder();
  const { code, stderr } = await runCli(['serve', '--init', ...args], { cwd });
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
  expect(readdirSync(cwd)).toEqual([]);
});

test('--init reports a folder that cannot be created', async () => {
  const cwd = makeTempFolder();
  writeFileSync(join(cwd, 'file'), '');
  const { code, stderr } = await runCli(['serve', '--init', 'file/below', ...REGISTRY], { cwd });
  expect(code).not.toBe(0);
  expect(stderr).toContain('a part of the path is a file, not a folder');
});
