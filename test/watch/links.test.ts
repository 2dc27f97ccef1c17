import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MAX_LINKED_FILES } from '../../src/watch/watch-parts.js';
import { makeProject } from '../support/project.js';
import { startWatching } from './watcher-support.js';

/** A project with links, next to their targets. */
const FILES = {
  'project/server.js': '',
  'project/lib/own.js': '',
  'project/node_modules/hidden/x.js': '',
  'shared/a.js': 'a',
  'shared/deep/b.js': 'b',
  'shared/node_modules/x.js': '',
  'other/a.js': 'other',
  'config.json': '1',
};

type Place = (name: string) => string;
/** Links that exist before watching begins, an action, and the changes that follow. */
type Case = [what: string, links: [at: string, target: string][], act: (place: Place) => unknown, changes: string[]];

const CASES: Case[] = [
  [
    'a file in a linked folder changes',
    [['shared', '../shared']],
    (place) => writeFileSync(place('shared/a.js'), '2'),
    ['content shared/a.js'],
  ],
  [
    'a file deep in a linked folder changes',
    [['shared', '../shared']],
    (place) => writeFileSync(place('shared/deep/b.js'), '2'),
    ['content shared/deep/b.js'],
  ],
  [
    'a file ignored by default changes in a linked folder',
    [['shared', '../shared']],
    (place) => writeFileSync(place('shared/node_modules/x.js'), '2'),
    [],
  ],
  [
    'the target of a linked file changes',
    [['config.json', '../config.json']],
    (place) => writeFileSync(place('config.json'), '2'),
    ['content config.json'],
  ],
  [
    'the target of a linked file is replaced by a rename',
    [['config.json', '../config.json']],
    (place) => {
      writeFileSync(place('new.json'), '2');
      renameSync(place('new.json'), place('config.json'));
    },
    ['content config.json'],
  ],
  [
    'the target of a chain of links changes',
    [
      ['one', 'two'],
      ['two', '../config.json'],
    ],
    (place) => writeFileSync(place('config.json'), '2'),
    ['content one', 'content two'],
  ],
  [
    'a link is pointed to another folder',
    [['current', '../shared']],
    (place) => {
      unlinkSync(place('project/current'));
      symlinkSync('../other', place('project/current'));
    },
    ['link target current'],
  ],
  [
    'a link is pointed to another file with the same content',
    [['current', '../config.json']],
    (place) => {
      writeFileSync(place('config2.json'), '1');
      unlinkSync(place('project/current'));
      symlinkSync('../config2.json', place('project/current'));
    },
    ['link target current'],
  ],
  [
    'a link is deleted',
    [['current', '../shared']],
    (place) => unlinkSync(place('project/current')),
    ['deleted current'],
  ],
  [
    'the target of a linked folder is deleted',
    [['shared', '../shared']],
    (place) => rmSync(place('shared'), { recursive: true }),
    ['content shared', 'deleted shared/a.js', 'deleted shared/deep/b.js'],
  ],
  [
    'the target of a linked folder is swapped by a rename',
    [['shared', '../shared']],
    (place) => {
      renameSync(place('shared'), place('old'));
      renameSync(place('other'), place('shared'));
    },
    ['content shared/a.js', 'deleted shared/deep/b.js'],
  ],
  [
    'a missing target is created',
    [['later', '../later.json']],
    (place) => writeFileSync(place('later.json'), ''),
    ['content later'],
  ],
  [
    "a link's target is a file that is watched itself",
    [['again.js', 'lib/own.js']],
    (place) => writeFileSync(place('project/lib/own.js'), '2'),
    ['content lib/own.js'],
  ],
  [
    "a link's target is a folder that is watched itself",
    [['again', 'lib']],
    (place) => writeFileSync(place('project/lib/own.js'), '2'),
    ['content lib/own.js'],
  ],
  [
    "a link's target is ignored in the project",
    [['again', 'node_modules/hidden']],
    (place) => writeFileSync(place('project/node_modules/hidden/x.js'), '2'),
    [],
  ],
  [
    'links form a circle',
    [
      ['lib/up', '..'],
      ['l1', '.'],
      ['self', 'self'],
      ['outside', '../shared'],
      ['../shared/back', '../project'],
      ['../shared/loop', '.'],
    ],
    (place) => {
      writeFileSync(place('project/lib/own.js'), '2');
      writeFileSync(place('shared/a.js'), '2');
    },
    ['content lib/own.js', 'content outside/a.js'],
  ],
];

function makePlace(links: [string, string][]): Place {
  const outer = makeProject(FILES);
  for (const [at, target] of links) symlinkSync(target, join(outer, 'project', at));
  return (name) => join(outer, name);
}

describe('with links, one change is reported when', () => {
  test.each(CASES)('%s', async (_what, links, act, changes) => {
    const place = makePlace(links);
    const { changesOf } = await startWatching(place('project'));
    expect(await changesOf(() => act(place))).toEqual(changes);
  });

  test('a link is created, and then its target changes', async () => {
    const place = makePlace([]);
    const { changesOf } = await startWatching(place('project'));
    expect(await changesOf(() => symlinkSync('../shared', place('project/shared')))).toEqual(['created shared']);
    expect(await changesOf(() => writeFileSync(place('shared/a.js'), '2'))).toEqual(['content shared/a.js']);
    expect(await changesOf(() => unlinkSync(place('project/shared')))).toEqual(['deleted shared']);
    expect(await changesOf(() => writeFileSync(place('shared/a.js'), '3'))).toEqual([]);
  });
});

test('each real folder is watched once, however many links point there', async () => {
  const place = makePlace(
    Array.from({ length: 20 }, (_, index): [string, string] => [`l${index}`, index % 2 ? '../shared' : '.']),
  );
  const { watcher } = await startWatching(place('project'));
  const folders = ['project', 'project/lib', 'shared', 'shared/deep'].map(place);
  expect([...watcher.folders].sort()).toEqual(folders.sort());
});

test('a link to itself is reported as a loop, and the rest is watched', async () => {
  const place = makePlace([['self', 'self']]);
  const { problems, changesOf } = await startWatching(place('project'));
  expect(problems).toEqual([
    `Changes to ${place('project/self')} go unnoticed: it is a link that leads back to itself (ELOOP).`,
  ]);
  expect(await changesOf(() => writeFileSync(place('project/server.js'), '2'))).toEqual(['content server.js']);
});

test('a link to a pseudo file system is reported and not followed', async () => {
  const place = makePlace([['proc', '/proc']]);
  const { problems, watcher } = await startWatching(place('project'));
  expect(problems.join()).toContain(`${place('project/proc')} go unnoticed: it is on a file system of the kernel`);
  expect(watcher.folders).not.toContain('/proc');
});

test('links to huge trees are followed up to a reported limit, and the project is still watched', async () => {
  const place = makePlace([['huge', '../huge']]);
  const perFolder = 1000;
  for (let folder = 0; folder * perFolder < MAX_LINKED_FILES + 2 * perFolder; folder += 1) {
    mkdirSync(place(`huge/${folder}`), { recursive: true });
    for (let file = 0; file < perFolder; file += 1) writeFileSync(place(`huge/${folder}/${file}`), '');
  }
  const { problems, changesOf } = await startWatching(place('project'));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`links lead to more than ${MAX_LINKED_FILES} files`);
  expect(await changesOf(() => writeFileSync(place('project/server.js'), '2'))).toEqual(['content server.js']);
});
