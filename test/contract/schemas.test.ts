import { expect, test } from 'vitest';
import { connectResponseSchema, v1SpawnResultSchema } from '../../src/contract/responses.js';
import { publicStatusSchema } from '../../src/contract/status.js';
import { STATUSES, V1_OF_LIVE_STATUS, V1_STATES } from '../../src/contract/statuses.js';

test('the statuses are in the order of a backend’s life', () => {
  expect(STATUSES).toEqual([
    'scheduled',
    'loading',
    'starting',
    'waiting',
    'ready',
    'terminating',
    'hard-terminating',
    'terminated',
  ]);
});

test('every status of a living backend has a v1 name', () => {
  expect(V1_OF_LIVE_STATUS).toEqual({
    scheduled: 'Loading',
    loading: 'Loading',
    starting: 'Starting',
    waiting: 'Starting',
    ready: 'Ready',
    terminating: 'Ready',
    'hard-terminating': 'Ready',
  });
  for (const name of Object.values(V1_OF_LIVE_STATUS)) expect(V1_STATES).toContain(name);
});

test('a v1 spawn result has the platform’s keys, in their order', () => {
  expect(Object.keys(v1SpawnResultSchema.shape)).toEqual([
    'name',
    'spawned',
    'url',
    'status_url',
    'ready_url',
    'status',
  ]);
});

test('a connect response has the platform’s keys, in their order', () => {
  expect(Object.keys(connectResponseSchema.shape)).toEqual([
    'backend_id',
    'spawned',
    'status',
    'token',
    'url',
    'secret_token',
    'status_url',
    'ready_url',
  ]);
});

test('a missing secret token is null and not omitted', () => {
  expect(connectResponseSchema.shape.secret_token.safeParse(null).success).toBe(true);
  expect(connectResponseSchema.shape.secret_token.safeParse(undefined).success).toBe(false);
});

const time = '2026-01-01T00:00:00.000Z';

test.each([
  [{ status: 'ready', time }, true],
  [{ status: 'terminated', time, termination_reason: 'swept', termination_kind: 'soft', exit_error: false }, true],
  [{ status: 'Ready', time }, false],
  [{ status: 'ready' }, false],
  [{ status: 'ready', time: 'yesterday' }, false],
  [{ status: 'terminated', time, termination_reason: 'bored' }, false],
])('a public status %j is valid: %s', (status, valid) => {
  expect(publicStatusSchema.safeParse(status).success).toBe(valid);
});
