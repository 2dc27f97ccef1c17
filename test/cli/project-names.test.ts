import { expect, test } from 'vitest';
import { fromHome, shortNames } from '../../src/cli/terminal/project-names.js';

test.each([
  ['one', ['/home/ann/app'], ['app']],
  ['none', [], []],
  ['several', ['/home/ann/app', '/home/ann/game'], ['app', 'game']],
  ['of the same name', ['/home/ann/one/app', '/home/ann/two/app', '/srv/game'], ['one/app', 'two/app', 'game']],
  ['of the same name twice', ['/a/x/app', '/b/x/app'], ['a/x/app', 'b/x/app']],
  ['one inside the other', ['/app', '/app/app'], ['/app', 'app/app']],
  ['the same folder twice', ['/home/ann/app', '/home/ann/app'], ['app']],
  ['the root', ['/', '/app'], ['/', 'app']],
])('short names of projects: %s', (_name, projects, names) => {
  const shown = shortNames(projects);
  expect([...shown.keys()]).toEqual([...new Set(projects)]);
  expect([...shown.values()]).toEqual(names);
});

test.each([
  ['/home/ann/app', '/home/ann', '~/app'],
  ['/home/ann', '/home/ann', '~'],
  ['/home/anna/app', '/home/ann', '/home/anna/app'],
  ['/srv/app', '/home/ann', '/srv/app'],
  ['/srv/app', '/', '/srv/app'],
  ['/srv/app', '', '/srv/app'],
])('%s from the home %s is %s', (path, home, shown) => {
  expect(fromHome(path, home)).toBe(shown);
});
