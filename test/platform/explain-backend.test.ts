import { expect, test } from 'vitest';
import type { Backend } from '../../src/platform/backend.js';
import type { BackendState } from '../../src/platform/backend-state.js';
import { explainEnd, shownLines } from '../../src/platform/explain-backend.js';

const TIME = new Date('2026-01-02T03:04:05.678Z');
const TOKEN = 'ClpYXET8OA-ie7ufWFHE5y0Q-NbghE04niQ2fwBZe40';

function backendWith(state: Partial<BackendState>, lastLines: string[] = [], lastRemark?: string): Backend {
  return { id: 'abc', state: { time: TIME, ...state }, log: { lastLines, lastRemark } } as unknown as Backend;
}

test.each<[Partial<BackendState>, string]>([
  [
    { status: 'terminated', exitCode: 0, exitSignal: null },
    'exited by itself: exit code 0, at 2026-01-02T03:04:05.678Z',
  ],
  [
    { status: 'terminated', exitCode: 139, exitSignal: 'SIGSEGV' },
    'crashed: SIGSEGV, exit code 139, at 2026-01-02T03:04:05.678Z',
  ],
  [
    { status: 'terminated', exitCode: null, exitSignal: null, lastStatus: 'starting' },
    'it could not be started, at 2026-01-02T03:04:05.678Z',
  ],
  [
    { status: 'terminated', exitCode: 143, exitSignal: 'SIGTERM', reason: 'swept' },
    'swept: no client was connected, or its lifetime limit was reached, at 2026-01-02T03:04:05.678Z',
  ],
  [
    { status: 'terminated', exitCode: 0, exitSignal: null, reason: 'external' },
    'on request, at 2026-01-02T03:04:05.678Z',
  ],
  [{ status: 'terminating', reason: 'external' }, 'it is ending'],
])('a backend that is %j has ended: %s', (state, why) => {
  expect(explainEnd(backendWith(state), true).message).toBe(`The backend "abc" has ended: ${why}.`);
});

test('its output is shown only to callers who may see it', () => {
  const backend = backendWith({ status: 'terminated', exitCode: 1, exitSignal: null }, ['a line']);
  expect(explainEnd(backend, true).lastLines).toEqual(['a line']);
  expect(explainEnd(backend, false).sentence).not.toContain('a line');
});

test.each([
  ['plain\ttext: größe 🦊', 'plain\ttext: größe 🦊'],
  ['\u001b[1;31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007after', 'after'],
  ['bell\u0007 back\b carriage\r nul\0 c1\u009b', 'bell back carriage nul c1'],
  [`GET /${TOKEN}/a`, 'GET /TOKEN/a'],
  [`s.\u001b[1m${TOKEN}\u001b[0m`, 'TOKEN'],
])('the line %j is shown as %j', (line, shown) => {
  expect(shownLines(backendWith({}, [line]))).toEqual([shown]);
});

test('jamdev’s last remark follows the output, line by line', () => {
  expect(shownLines(backendWith({}, ['out'], 'It ran out.\nof memory'))).toEqual([
    'out',
    'jamdev: It ran out.',
    'jamdev: of memory',
  ]);
});
