import { expect, test } from 'vitest';
import { judgeNode } from '../../../../src/cli/commands/doctor/node-version.js';

test.each([
  ['20.19.0', 'ok'],
  ['20.19.5', 'ok'],
  ['20.20.0', 'ok'],
  ['22.0.0', 'ok'],
  ['100.1.0', 'ok'],
  ['25.0.0-nightly', 'ok'],
  ['20.18.9', 'failure'],
  ['20.9.0', 'failure'],
  ['18.20.0', 'failure'],
] as const)('Node.js %s, when 20.19 is required: %s', (version, status) => {
  const finding = judgeNode(version, '>=20.19', 'linux', 'x64');
  expect(finding.status).toBe(status);
  expect(finding.text).toContain(version);
  expect(finding.remedy).toContain(status === 'ok' ? '' : 'nodejs.org');
});

test('Windows itself is not supported, whatever the version', () => {
  expect(judgeNode('22.0.0', '>=20.19', 'win32', 'x64')).toMatchObject({
    status: 'failure',
    remedy: expect.stringContaining('WSL'),
  });
});
