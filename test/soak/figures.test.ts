import { expect, test } from 'vitest';
import type { CourseReport } from './course.js';
import { judge, type Sample } from './figures.js';
import { formatFigures } from './table.js';

const KIB = 1024;

/** Samples of a dev server whose memory grows by this much per backend, plus the noise of a real one. */
function samplesThatGrow(heapPerBackend: number, rssPerBackend: number, { first = 20, between = 15 } = {}): Sample[] {
  const noise = [0, 3, -2, 4, -4, 1, -1, 2, -3, 0].map((each) => each * 10 * KIB);
  return noise.map((bytes, index) => {
    const backends = first + index * between;
    return {
      backends,
      descriptors: ['/dev/null', 'socket:[1]'],
      heapBytes: 18_000 * KIB + heapPerBackend * backends + bytes,
      rssBytes: 95_000 * KIB + rssPerBackend * backends + bytes * 10,
    };
  });
}

const clean: CourseReport = {
  runtime: 'process',
  counts: new Map([['messages', 100]]),
  doubles: [],
  lost: [],
  survivors: [],
  leftovers: { processes: [], containers: [], tempFiles: [], ports: [] },
  failures: [],
  samples: samplesThatGrow(10 * KIB, 20 * KIB),
};

function offIn(report: CourseReport): string[] {
  return judge(report)
    .filter(({ isOff }) => isOff)
    .map(({ what }) => what);
}

test('the figures of a healthy dev server are all in order', () => {
  expect(offIn(clean)).toEqual([]);
});

const open = (count: number) => Array.from({ length: count }, (_, index) => `socket:[${index}]`);
const withDescriptors = (last: string[] | undefined) =>
  clean.samples.map((each, index) => ({ ...each, descriptors: index < 5 ? open(20) : last }));

test.each<[string, Partial<CourseReport>]>([
  ['double holders', { doubles: ['doc-1: a lived when b started'] }],
  ['lost sessions', { lost: ['a ended'] }],
  ['survivors of killed dev servers', { survivors: ['4711 node server.mjs'] }],
  ['dev servers that exited unexpectedly', { failures: ['an uncaught error'] }],
  ['processes left', { leftovers: { ...clean.leftovers, processes: ['4711 node'] } }],
  ['containers left', { leftovers: { ...clean.leftovers, containers: ['jamdev-a'] } }],
  ['temp files left', { leftovers: { ...clean.leftovers, tempFiles: ['jamdev-pipes-1'] } }],
  ['ports left', { leftovers: { ...clean.leftovers, ports: ['4711'] } }],
  ['descriptors, start → last rest', { samples: withDescriptors(open(29)) }],
  ['heap, start → last rest; growth per backend', { samples: samplesThatGrow(96 * KIB, 96 * KIB) }],
  ['resident memory, start → last rest; growth per backend', { samples: samplesThatGrow(10 * KIB, 320 * KIB) }],
  ['messages answered', { counts: new Map() }],
])('%s: reported for a single fault', (what, fault) => {
  expect(offIn({ ...clean, ...fault })).toEqual([what]);
});

test('a soak that measured nothing is reported', () => {
  expect(offIn({ ...clean, samples: [] })).toEqual([
    'descriptors, start → last rest',
    'heap, start → last rest; growth per backend',
    'resident memory, start → last rest; growth per backend',
  ]);
});

test('a descriptor opened late and kept is tolerated, and systems that do not list them have no excess', () => {
  expect(offIn({ ...clean, samples: withDescriptors(open(28)) })).toEqual([]);
  expect(offIn({ ...clean, samples: clean.samples.map((each) => ({ ...each, descriptors: undefined })) })).toEqual([]);
});

test('once everything remembered is in memory, much less growth is allowed', () => {
  const long = { first: 1_500, between: 300 };
  expect(offIn({ ...clean, samples: samplesThatGrow(0, 0, long) })).toEqual([]);
  expect(offIn({ ...clean, samples: samplesThatGrow(3 * KIB, 0, long) })).toEqual([
    'heap, start → last rest; growth per backend',
  ]);
});

test('a single sample with much or little garbage does not decide', () => {
  for (const odd of [-8_000, 8_000]) {
    const samples = clean.samples.map((each, index) =>
      index === clean.samples.length - 1 ? { ...each, heapBytes: each.heapBytes + odd * KIB } : each,
    );
    expect(offIn({ ...clean, samples })).toEqual([]);
  }
});

test('the table shows details of faulty figures only', () => {
  const lines = formatFigures(judge({ ...clean, lost: ['a ended\nbecause'] })).split('\n');
  expect(lines.slice(0, 4).map((line) => line.replace(/ +/g, ' '))).toEqual([
    'double holders 0 0 ok',
    'lost sessions 1 0 OFF',
    ' a ended',
    ' because',
  ]);
  expect(lines.filter((line) => line.endsWith('OFF'))).toHaveLength(1);
});
