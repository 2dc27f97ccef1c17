import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BuildTriggers,
  type ChangeOrigin,
  MAX_BUILDS_IN_A_ROW,
  MAX_BUILDS_WITH_SOURCE,
  MAX_HELD_BUILDS,
  type Trigger,
} from '../../src/builds/build-triggers.js';

const by = (origin: ChangeOrigin, ...files: string[]) => files.map((file) => ({ file, origin }));

/** Runs one build, during which some files change and others are rewritten unchanged. */
function runBuild(triggers: BuildTriggers, changed: string[] = [], written: string[] = changed) {
  triggers.buildStarted();
  if (changed.length > 0) triggers.changed(by('build', ...changed));
  const trigger = triggers.buildEnded(new Set(written.filter((file) => triggers.inQuestion.has(file))));
  triggers.buildLeft();
  return trigger;
}

describe('a file that a person saves', () => {
  test('starts a build, no matter what is running', () => {
    const triggers = new BuildTriggers();
    expect(triggers.changed(by('other', 'a.js'))).toEqual({ kind: 'build', files: ['a.js'] });
    triggers.buildStarted();
    expect(triggers.changed(by('other', 'b.js'))).toEqual({ kind: 'build', files: ['b.js'] });
  });

  test('cancels a build if it is saved again during it', () => {
    const triggers = new BuildTriggers();
    triggers.changed(by('other', 'a.js'));
    triggers.buildStarted();
    expect(triggers.changed(by('build', 'a.js'))).toMatchObject({ kind: 'build' });
  });

  test('starts the next build if it is first saved during one', () => {
    const triggers = new BuildTriggers();
    triggers.buildStarted();
    expect(triggers.changed(by('build', 'a.js'))).toEqual({ kind: 'wait' });
    expect(triggers.buildEnded(new Set())).toEqual({ kind: 'build', files: ['a.js'] });
  });

  test('never counts as output only because it was saved during builds', () => {
    const triggers = new BuildTriggers();
    for (let round = 0; round < 2 * MAX_BUILDS_IN_A_ROW; round += 1) {
      triggers.changed(by('other', 'a.js'));
      // Saved twice with the same content, once during a build that a.js did not start.
      expect(runBuild(triggers, ['b.js'])).toEqual({ kind: 'build', files: ['b.js'] });
      expect(runBuild(triggers)).toEqual({ kind: 'none' });
    }
    expect(triggers.outputs).toEqual([]);
  });
});

describe('a file that builds write', () => {
  test('starts one more build, and no further one if that writes the same', () => {
    const triggers = new BuildTriggers();
    expect(runBuild(triggers, ['dist/a.js'])).toEqual({ kind: 'build', files: ['dist/a.js'] });
    expect(runBuild(triggers, [], ['dist/a.js'])).toEqual({ kind: 'none' });
  });

  test('is learned as output once three builds that ran alone have written it', () => {
    const triggers = new BuildTriggers();
    for (let round = 0; round < 3; round += 1) {
      expect(triggers.outputs).toEqual([]);
      triggers.changed(by('other', 'a.ts'));
      expect(runBuild(triggers, ['dist/a.js'])).toMatchObject({ kind: 'build' });
      expect(runBuild(triggers, [], ['dist/a.js'])).toEqual({ kind: 'none' });
    }
    expect(triggers.outputs).toEqual(['dist/a.js']);
    triggers.changed(by('other', 'a.ts'));
    expect(runBuild(triggers, ['dist/a.js'])).toEqual({ kind: 'none' });
  });

  test('is known from earlier runs until something else changes it', () => {
    const triggers = new BuildTriggers(['dist/a.js']);
    expect(runBuild(triggers, ['dist/a.js'])).toEqual({ kind: 'none' });
    expect(triggers.changed(by('other', 'dist/a.js'))).toMatchObject({ kind: 'build' });
    expect(triggers.outputs).toEqual([]);
    triggers.buildStarted();
    expect(triggers.changed(by('build', 'dist/a.js'))).toMatchObject({ kind: 'build' });
  });

  test('with different content each time is held after three builds, and is output once a build that ran alone wrote it', () => {
    const triggers = new BuildTriggers();
    for (let round = 0; round < MAX_BUILDS_IN_A_ROW; round += 1) {
      expect(runBuild(triggers, ['stamp'])).toEqual({ kind: 'build', files: ['stamp'] });
    }
    expect(runBuild(triggers, ['stamp'])).toEqual({ kind: 'hold', files: ['stamp'] });
    expect(triggers.release()).toEqual({ kind: 'build', files: ['stamp'] });
    expect(runBuild(triggers, ['stamp'])).toEqual({ kind: 'none', learned: by('build', 'stamp') });
    expect(triggers.outputs).toEqual(['stamp']);
    expect(triggers.changed(by('other', 'a.js'))).toMatchObject({ kind: 'build' });
    expect(runBuild(triggers, ['stamp'])).toEqual({ kind: 'none' });
  });

  test('is learned as output, but a source saved at the same time is built and not learned', () => {
    const triggers = new BuildTriggers();
    for (let round = 0; round < MAX_BUILDS_IN_A_ROW; round += 1) runBuild(triggers, ['stamp']);
    expect(runBuild(triggers, ['stamp', 'a.js'])).toEqual({ kind: 'hold', files: ['stamp', 'a.js'] });
    expect(triggers.release()).toEqual({ kind: 'build', files: ['stamp', 'a.js'] });
    expect(runBuild(triggers, ['stamp'])).toEqual({ kind: 'none', learned: by('build', 'stamp') });
    expect(triggers.outputs).toEqual(['stamp']);
  });

  test('does not cancel builds forever if it is a source', () => {
    const triggers = new BuildTriggers();
    triggers.changed(by('other', 'version.js'));
    const kinds = Array.from({ length: 6 }, () => {
      triggers.buildStarted();
      return triggers.changed(by('build', 'version.js')).kind;
    });
    expect(kinds).toEqual(['build', 'build', 'build', 'wait', 'wait', 'wait']);
    // Cancelled builds prove nothing: the same number of builds must also complete.
    const ends = Array.from({ length: MAX_BUILDS_WITH_SOURCE + 1 }, () => {
      const { kind } = triggers.buildEnded(new Set());
      triggers.buildStarted();
      triggers.changed(by('build', 'version.js'));
      return kind;
    });
    expect(ends).toEqual([...Array(MAX_BUILDS_WITH_SOURCE).fill('build'), 'hold']);
  });

  test('under another name each time starts no build after a few held ones until another file changes', () => {
    const triggers = new BuildTriggers();
    let number = 0;
    const build = () => {
      number += 1;
      return runBuild(triggers, [`dist/${number}.js`]);
    };
    for (let round = 0; round < MAX_BUILDS_IN_A_ROW; round += 1) expect(build()).toMatchObject({ kind: 'build' });
    for (let round = 0; round < MAX_HELD_BUILDS; round += 1) {
      expect(build()).toMatchObject({ kind: 'hold' });
      expect(triggers.release()).toMatchObject({ kind: 'build' });
    }
    expect(build()).toEqual({ kind: 'none', learned: by('build', `dist/${number}.js`) });
    expect(triggers.outputs).toEqual([]);
    triggers.changed(by('other', 'a.js'));
    expect(build()).toMatchObject({ kind: 'build' });
  });
});

describe('a log that gets a line after each build', () => {
  /** One build and the line that follows it. */
  const build = (triggers: BuildTriggers) => {
    triggers.buildStarted();
    triggers.buildEnded(new Set());
    triggers.buildLeft();
    return triggers.changed(by('log', 'web.log'));
  };

  test('is held after a few builds in a row, built once more, and then starts no build', () => {
    const triggers = new BuildTriggers();
    triggers.changed(by('other', 'web.log'));
    const kinds = Array.from({ length: MAX_BUILDS_IN_A_ROW + 1 }, () => build(triggers).kind);
    expect(kinds).toEqual([...Array(MAX_BUILDS_IN_A_ROW).fill('build'), 'hold']);
    expect(triggers.release()).toEqual({ kind: 'build', files: ['web.log'] });
    expect(build(triggers)).toEqual({ kind: 'none', learned: by('log', 'web.log') });
    expect(triggers.outputs).toEqual([]);
    triggers.changed(by('other', 'server.js'));
    expect(build(triggers)).toEqual({ kind: 'none' });
    expect(triggers.changed(by('other', 'web.log'))).toEqual({ kind: 'build', files: ['web.log'] });
  });

  test('cancels no build, and does not delay what a person saves', () => {
    const triggers = new BuildTriggers();
    triggers.changed(by('other', 'web.log'));
    triggers.buildStarted();
    expect(triggers.changed(by('log', 'web.log'))).toEqual({ kind: 'wait' });
    expect(triggers.changed(by('other', 'server.js'))).toEqual({ kind: 'build', files: ['server.js'] });
    triggers.buildStarted();
    for (let round = 0; round < 2 * MAX_BUILDS_IN_A_ROW; round += 1) {
      expect(build(triggers)).toMatchObject({ kind: 'build' });
      expect(triggers.changed(by('other', 'server.js'))).toEqual({ kind: 'build', files: ['server.js'] });
    }
  });
});

describe('a person who saves only during builds', () => {
  /** A source that has cancelled the maximum number of builds in a row. */
  function saveOften() {
    const triggers = new BuildTriggers();
    triggers.changed(by('other', 'a.js'));
    for (let round = 0; round < 3; round += 1) {
      triggers.buildStarted();
      expect(triggers.changed(by('build', 'a.js'))).toMatchObject({ kind: 'build' });
    }
    return triggers;
  }

  /** A file that one build did not write, and that was saved only during builds since then. */
  function saveNew() {
    const triggers = new BuildTriggers();
    runBuild(triggers, ['dist/a.js']);
    runBuild(triggers, [], ['dist/a.js']);
    triggers.asked();
    return triggers;
  }

  test.each([
    ['a source', saveOften],
    ['a new file', saveNew],
  ])('%s waits only briefly, and is not learned as output when saved during a held build', (_, make) => {
    const triggers = make();
    const kinds = Array.from({ length: MAX_BUILDS_WITH_SOURCE + 1 }, () => runBuild(triggers, ['a.js']).kind);
    expect(kinds).toEqual([...Array(MAX_BUILDS_WITH_SOURCE).fill('build'), 'hold']);
    expect(triggers.release()).toEqual({ kind: 'build', files: ['a.js'] });
    expect(runBuild(triggers, ['a.js'])).toEqual({ kind: 'hold', files: ['a.js'] });
    expect(triggers.release()).toEqual({ kind: 'build', files: ['a.js'] });
    expect(triggers.outputs).toEqual([]);
  });

  test('a file that some builds do not write is never learned as output, however often it is saved unchanged', () => {
    const triggers = new BuildTriggers();
    for (let round = 0; round < 10; round += 1) {
      triggers.asked();
      expect(runBuild(triggers, ['new.js'])).toMatchObject({ kind: 'build' });
      expect(runBuild(triggers, [], ['new.js'])).toEqual({ kind: 'none' });
      runBuild(triggers, [], []);
    }
    expect(triggers.outputs).toEqual([]);
  });
});

test('a file that a backend writes next to its code is held and learned in the same way', () => {
  const triggers = new BuildTriggers();
  for (let round = 0; round < MAX_BUILDS_IN_A_ROW; round += 1) {
    expect(triggers.changed(by('backend', 'data.db'))).toMatchObject({ kind: 'build' });
    expect(runBuild(triggers)).toEqual({ kind: 'none' });
  }
  expect(triggers.changed(by('backend', 'data.db'))).toMatchObject({ kind: 'hold' });
  expect(triggers.release()).toMatchObject({ kind: 'build' });
  runBuild(triggers);
  expect(triggers.changed(by('backend', 'data.db'))).toEqual({ kind: 'none', learned: by('backend', 'data.db') });
  expect(triggers.changed(by('backend', 'data.db'))).toEqual({ kind: 'none' });
});

test('once a file is known to be a backend’s, the builds that it started do not count against other files', () => {
  const triggers = new BuildTriggers();
  for (let n = 0; n < MAX_BUILDS_IN_A_ROW; n += 1) {
    expect(triggers.changed(by('backend', 'data.db'))).toMatchObject({ kind: 'build' });
    runBuild(triggers);
  }
  expect(triggers.changed(by('backend', 'data.db'))).toMatchObject({ kind: 'hold' });
  expect(triggers.release()).toMatchObject({ kind: 'build' });
  runBuild(triggers);
  expect(triggers.changed(by('backend', 'data.db'))).toMatchObject({ learned: by('backend', 'data.db') });
  // A person saves while the backend writes.
  for (let n = 0; n < MAX_BUILDS_IN_A_ROW; n += 1) {
    expect(triggers.changed(by('backend', 'page.html', 'data.db'))).toEqual({ kind: 'build', files: ['page.html'] });
    runBuild(triggers);
  }
  expect(triggers.changed(by('backend', 'page.html'))).toMatchObject({ kind: 'hold' });
  expect(triggers.release()).toEqual({ kind: 'build', files: ['page.html'] });
});

test('a requested build counts as started by a person', () => {
  const triggers = new BuildTriggers();
  for (let round = 0; round < MAX_BUILDS_IN_A_ROW; round += 1) runBuild(triggers, ['stamp']);
  triggers.asked();
  expect(runBuild(triggers, ['stamp'])).toMatchObject({ kind: 'build' });
});

/** Every event, in any order in which a person, builds and backends can cause it. */
const happening = fc.oneof(
  fc.record({
    what: fc.constant('change' as const),
    file: fc.constantFrom('a', 'b', 'c'),
    origin: fc.constantFrom<ChangeOrigin>('build', 'backend', 'other'),
  }),
  fc.record({ what: fc.constant('end' as const), written: fc.subarray(['a', 'b', 'c']) }),
  fc.record({ what: fc.constant('quiet' as const) }),
);

test('no change is lost: a build follows, or it is proven output, or it was reported as starting no more builds', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const triggers = new BuildTriggers();
      let running = false;
      /** Files changed since the last build started. */
      const unbuilt = new Set<string>();
      /** Files reported as starting no more builds: valid for output, and until anything else changes. */
      const reported = new Set<string>();
      const follow = ({ kind, learned = [] }: Trigger) => {
        for (const { file } of learned) reported.add(file);
        if (kind !== 'build') return;
        triggers.buildStarted();
        running = true;
        unbuilt.clear();
      };
      for (const each of happenings) {
        if (each.what === 'change') {
          unbuilt.add(each.file);
          if (each.origin === 'other') reported.clear();
          follow(triggers.changed([each]));
          if (each.origin === 'other') expect(unbuilt).toEqual(new Set());
        } else if (each.what === 'end' && running) {
          running = false;
          follow(triggers.buildEnded(new Set(each.written.filter((file) => triggers.inQuestion.has(file)))));
        } else if (each.what === 'quiet' && !running) {
          follow(triggers.release());
        }
      }
      // At rest, every unbuilt change needs a reason.
      for (let round = 0; round < 20 && (running || unbuilt.size > 0); round += 1) {
        if (running) {
          running = false;
          follow(triggers.buildEnded(new Set()));
        } else {
          follow(triggers.release());
        }
      }
      const known = new Set([...triggers.outputs, ...reported]);
      expect([...unbuilt].filter((file) => !known.has(file))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
