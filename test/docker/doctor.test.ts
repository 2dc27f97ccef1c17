import { expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../src/cli/commands/doctor/finding.js';
import { removeImage } from '../../src/images/classic-stages.js';
import { removeLeftovers } from '../../src/images/leftovers.js';
import { runCli } from '../support/cli.js';
import { makeProject } from '../support/project.js';
import { buildTestImage, containersOf, describeDocker, docker, testEngine } from './support.js';

describeDocker('jamdev doctor with a real engine', () => {
  test('describes it, detects its native platform, and reports what a dead dev server left there', async () => {
    const platform = await docker('version', '--format', '{{.Server.Os}}/{{.Server.Arch}}');
    const config = { runtime: 'docker', platform, port: 0, proxyPort: 0 };
    const project = makeProject({
      Dockerfile: 'FROM node:22-slim\nCMD ["sleep", "60"]\n',
      'jamsocket.config.json': config,
    });
    const examine = async () => {
      const { code, stdout } = await runCli(['doctor', '--json'], { cwd: project });
      expect(code).toBe(0);
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      return (check: string) => findings.find((finding) => finding.check === check);
    };
    const before = await examine();
    const version = await docker('version', '--format', '{{.Server.Version}}');
    expect(before('docker engine')).toMatchObject({ status: 'ok', text: expect.stringContaining(version) });
    expect(before('emulation')).toMatchObject({ status: 'ok', text: expect.stringContaining('natively') });
    expect(before('leftovers')).toMatchObject({ status: 'ok' });

    const image = await buildTestImage(project);
    onTestFinished(async () => {
      await removeLeftovers(testEngine(), { project, isRunAlive: () => false });
      await removeImage(testEngine(), image);
    });
    const labels = ['--label', `dev.jamdev.project=${project}`, '--label', 'dev.jamdev.run=dead'];
    await docker('run', '--detach', ...labels, image);
    const after = await examine();
    expect(after('leftovers')).toMatchObject({
      status: 'warning',
      text: expect.stringContaining('1 container, 1 image'),
    });
    // The check removes nothing.
    expect(await containersOf(project)).toHaveLength(1);
  });
});
