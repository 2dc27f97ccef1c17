import { expect, test } from 'vitest';
import { imageName, imagesOfProject, runOfImage } from '../../src/images/image-name.js';

const OWNER = { project: '/projects/app', service: 'default', runId: 'b7c1-4d', number: 12 };

test.each([
  ['default', /^jamdev\/[0-9a-f]{8}-[0-9a-f]{8}-default:b7c1-4d-12$/],
  ['-- My Service! --', /^jamdev\/[0-9a-f]{8}-[0-9a-f]{8}-my-service:b7c1-4d-12$/],
  ['漢字', /^jamdev\/[0-9a-f]{8}-[0-9a-f]{8}-service:b7c1-4d-12$/],
  [`${'a'.repeat(39)}-${'b'.repeat(60)}`, /^jamdev\/[0-9a-f]{8}-[0-9a-f]{8}-a{39}:b7c1-4d-12$/],
])('the image of the service "%s" has a name that Docker allows', (service, expected) => {
  expect(imageName({ ...OWNER, service })).toMatch(expected);
});

test('it identifies the project and the run', () => {
  const name = imageName(OWNER);
  expect(name.startsWith(imagesOfProject(OWNER).replace(/\*$/, ''))).toBe(true);
  expect(name.startsWith(imagesOfProject({ project: '/projects/app2' }).replace(/\*$/, ''))).toBe(false);
  expect(runOfImage(name)).toBe(OWNER.runId);
  expect(runOfImage('jamdev/x:latest')).toBe('');
});

test('of two projects with one path, only those with the same state folder are found', () => {
  const own = imageName({ ...OWNER, stateId: 'state-1' });
  const pattern = (stateId: string) =>
    new RegExp(imagesOfProject({ project: '/renamed', stateId }).replaceAll('*', '[^:]*'));
  expect(own).toMatch(pattern('state-1'));
  expect(own).not.toMatch(pattern('state-2'));
  expect(imageName(OWNER)).not.toMatch(pattern('state-1'));
});

test('similar services, builds and runs have different names', () => {
  const others = [
    { service: 'Default' },
    { stateId: 'state-1' },
    { project: '/projects/app2' },
    { runId: 'b7c1' },
    { number: 1 },
  ];
  const names = [OWNER, ...others.map((other) => ({ ...OWNER, ...other }))].map(imageName);
  expect(new Set(names).size).toBe(names.length);
});
