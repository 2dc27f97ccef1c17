import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import { describePostgres, usePostgres } from '../support/postgres.js';
import { makeProject } from '../support/project.js';
import { START_DEADLINE_MS } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

/** Writes a certificate for localhost and its key. */
function writeCertificate(folder: string, name: string): void {
  const own = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...own];
  execFileSync('openssl', args, { stdio: 'ignore' });
}

/** @returns the status and the subject of the certificate */
function ask(url: string, ca: string): Promise<{ status: number | undefined; name: string }> {
  return new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, (response) => {
      const { subject } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume();
      resolve({ status: response.statusCode, name: String(subject.CN) });
    }).once('error', reject);
  });
}

describePostgres('serve.tls', () => {
  const postgres = usePostgres();
  const serve = { controller: 'http://localhost:1', cluster: 'localhost:9090', port: 0 };

  test('the API is served over TLS, and a renewed certificate needs no restart', async () => {
    const tls = { cert: 'cert.pem', key: 'key.pem' };
    const folder = makeProject({ 'jamdev.config.json': { serve: { ...serve, tls } } });
    writeCertificate(folder, 'first');
    const run = startCli(['serve'], { cwd: folder, env: { JAMDEV_SERVE_DATABASE: await postgres.createDatabase() } });
    const url = await waitFor(
      () => /"url":"(https:[^"]+)"/.exec(run.stdout())?.[1],
      'jamdev serve to listen',
      START_DEADLINE_MS,
    );
    const certificate = () => readFileSync(join(folder, 'cert.pem'), 'utf8');
    const first = certificate();
    expect(await ask(`${url}/healthz`, first)).toEqual({ status: 200, name: 'first' });
    // Half of a renewal.
    writeFileSync(join(folder, 'key.pem'), '');
    expect(await ask(`${url}/healthz`, first)).toEqual({ status: 200, name: 'first' });
    writeCertificate(folder, 'second');
    const both = first + certificate();
    const isRenewed = async () => (await ask(`${url}/healthz`, both)).name === 'second';
    await waitFor(isRenewed, 'the renewed certificate', START_DEADLINE_MS);
    run.process.kill('SIGTERM');
    expect(await run.exit).toBe(0);
  });

  test('unusable files are reported by name', async () => {
    const tls = { cert: 'cert.pem', key: 'other.pem' };
    const folder = makeProject({ 'jamdev.config.json': { serve: { ...serve, tls } } });
    writeCertificate(folder, 'first');
    const env = { ...process.env, JAMDEV_SERVE_DATABASE: await postgres.createDatabase() };
    const missing = await runCli(['serve'], { cwd: folder, env });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('other.pem: ENOENT') });
    writeFileSync(join(folder, 'other.pem'), 'no key');
    const wrong = await runCli(['serve', '--check'], { cwd: folder, env });
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('fail  certificate: The certificate of') });
  });
});
