import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkOwnFolder } from '../../src/records/own-folder.js';
import { createStateHome, findStateHome } from '../../src/records/state-home.js';
import { stateHomePlaces } from '../../src/records/state-home-places.js';
import { useVariable } from '../support/environment.js';
import { makeTempFolder } from '../support/project.js';

const TEMPORARY = join(tmpdir(), `jamdev-${process.getuid?.()}`);
const ROOT_ID = 0;
const USER_ID = 4711;

/** Gives the test its own folder for temporary files. */
function useTemporaryFolder(): string {
  const folder = makeTempFolder();
  useVariable('TMPDIR', folder);
  return folder;
}

test('the tests themselves have their own state home', () => {
  expect(findStateHome().root).toContain(join(tmpdir(), 'jamdev-test-state-'));
});

test.each([
  ['the variable', { XDG_STATE_HOME: '/state' }, '/state/jamdev'],
  ['a relative path is ignored, as the specification says', { XDG_STATE_HOME: 'state' }, undefined],
  ['empty', { XDG_STATE_HOME: '' }, undefined],
  ['not set', {}, undefined],
])('its place: %s', (_name, env, expected) => {
  expect(stateHomePlaces(env)).toEqual([expected ?? join(homedir(), '.local/state/jamdev'), TEMPORARY]);
});

test('it is created with its parents for this user only, and idempotently', () => {
  const env = { XDG_STATE_HOME: join(makeTempFolder(), 'new', 'state') };
  expect(findStateHome(env).root).toBe(join(env.XDG_STATE_HOME, 'jamdev'));
  const home = createStateHome(env);
  expect(home.remarks).toEqual([]);
  for (const path of [home.root, home.projects]) expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(createStateHome(env)).toEqual(home);
  expect(findStateHome(env)).toEqual(home);
});

test('a temporary folder from an earlier start is not used if the right place can be created', () => {
  const temporary = join(useTemporaryFolder(), `jamdev-${process.getuid?.()}`);
  mkdirSync(temporary, { mode: 0o700 });
  const env = { XDG_STATE_HOME: join(makeTempFolder(), 'not', 'yet') };
  const planned = findStateHome(env).root;
  expect(createStateHome(env).root).toBe(planned);
  expect(planned).toBe(join(env.XDG_STATE_HOME, 'jamdev'));
});

describe('an unusable home', () => {
  test.each([
    ['a file in place of a folder', () => join(makeTempFolder(), 'file')],
    ['a place that takes no new folder', () => (process.platform === 'linux' ? '/proc/new' : '/System/new')],
  ])('%s: state goes to a temporary folder of this user, which is reported', (_name, makePlace) => {
    const temporary = join(useTemporaryFolder(), `jamdev-${process.getuid?.()}`);
    const place = makePlace();
    if (place.endsWith('file')) writeFileSync(place, '');
    const env = { XDG_STATE_HOME: place };
    const home = createStateHome(env);
    expect(home.root).toBe(temporary);
    expect(home.remarks).toHaveLength(1);
    expect(home.remarks[0]).toMatch(new RegExp(`can't write its folder ${place}/jamdev.*${temporary}.*XDG_STATE_HOME`));
    expect(findStateHome(env).root).toBe(temporary);
  });

  test('with a foreign link as the temporary folder: refused', () => {
    const temporary = useTemporaryFolder();
    symlinkSync(makeTempFolder(), join(temporary, `jamdev-${process.getuid?.()}`));
    const file = join(temporary, 'file');
    writeFileSync(file, '');
    expect(() => createStateHome({ XDG_STATE_HOME: file })).toThrow(/can't write its folder/);
  });
});

describe('in place of the state home', () => {
  test('a link is refused, whatever its target, and nothing is created there', () => {
    const [home, target] = [makeTempFolder(), makeTempFolder()];
    symlinkSync(target, join(home, 'jamdev'));
    expect(() => createStateHome({ XDG_STATE_HOME: home })).toThrow(
      expect.objectContaining({ code: 'StateFolderUnsafe', message: expect.stringContaining('symbolic link') }),
    );
    expect(readdirSync(target)).toEqual([]);
  });

  test.each([
    ['another user’s, for a user', USER_ID, ROOT_ID, 0o700, 'refused'],
    ['another user’s, for root', ROOT_ID, USER_ID, 0o700, 'warned of'],
    ['the user’s own', USER_ID, USER_ID, 0o700, 'taken'],
    ['writable by the group', USER_ID, USER_ID, 0o720, 'refused'],
    ['writable by all', USER_ID, USER_ID, 0o777, 'refused'],
    ['writable by all, for root', ROOT_ID, ROOT_ID, 0o777, 'warned of'],
    ['readable by all', USER_ID, USER_ID, 0o755, 'taken'],
  ] as const)('a folder that is %s', (_name, userId, owner, mode, outcome) => {
    const folder = makeTempFolder();
    chmodSync(folder, mode);
    if (process.getuid?.() === ROOT_ID) chownSync(folder, owner, owner);
    // Without root, the folder keeps this user's id and the checking user's id is shifted instead.
    const shift = process.getuid?.() === ROOT_ID ? 0 : (process.getuid?.() ?? 0) - owner;
    const check = () => checkOwnFolder(folder, userId === ROOT_ID ? ROOT_ID : userId + shift);
    if (outcome === 'refused') {
      expect(check).toThrow(expect.objectContaining({ code: 'StateFolderUnsafe' }));
    } else if (outcome === 'warned of') {
      expect(check()).toHaveLength(1);
    } else {
      expect(check()).toEqual([]);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
  });

  test('a file is an error', () => {
    const home = makeTempFolder();
    mkdirSync(join(home, 'jamdev'));
    writeFileSync(join(home, 'jamdev', 'projects'), '');
    useTemporaryFolder();
    const { root, remarks } = createStateHome({ XDG_STATE_HOME: home });
    expect(root).not.toContain(home);
    expect(remarks[0]).toContain('it is not a folder');
  });
});
