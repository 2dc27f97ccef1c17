import { expect, test } from 'vitest';
import { parsePsEnvironments } from '../../src/processes/environments.js';
import { createRunMarker, markedEnvironment, markersIn } from '../../src/processes/run-marker.js';

const [A, B] = ['a'.repeat(32), 'b'.repeat(32)];

test('a marker is 128 random bits', () => {
  const markers = Array.from({ length: 100 }, () => createRunMarker());
  expect(new Set(markers).size).toBe(100);
  for (const marker of markers) expect(marker).toMatch(/^[0-9a-f]{32}$/);
});

test.each([
  ['nothing', {}, [A]],
  ['another run', { JAMDEV_RUN: B }, [B, A]],
  ['the same run', { JAMDEV_RUN: A }, [A]],
  ['an invalid marker', { JAMDEV_RUN: 'x:../..::*' }, [A]],
])('processes carry the run’s marker, preceded by the inherited one of %s', (_name, inherited, expected) => {
  const environment = markedEnvironment(A, inherited);
  expect(markersIn([`JAMDEV_RUN=${environment.JAMDEV_RUN}`])).toEqual(expected);
});

test('only the variable itself counts', () => {
  expect(markersIn([`XJAMDEV_RUN=${A}`, `JAMDEV_RUN2=${A}`, `HOME=JAMDEV_RUN=${A}`, 'JAMDEV_RUN=', ''])).toEqual([]);
});

test('the output of ps has a pid, and the environment after the arguments', () => {
  const output = `  4711 node server.js HOME=/root JAMDEV_RUN=${B}:${A} PATH=/bin\n    1 init\n\n 12 JAMDEV_RUN=none\n`;
  expect([...parsePsEnvironments(output)]).toEqual([[4711, [B, A]]]);
});
