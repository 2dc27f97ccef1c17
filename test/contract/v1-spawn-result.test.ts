import { expect, test } from 'vitest';
import { V1_OF_LIVE_STATUS } from '../../src/contract/statuses.js';
import { toV1SpawnResult } from '../../src/contract/v1-spawn-result.js';

const RESPONSE = {
  backend_id: 'abc',
  spawned: true,
  status: 'scheduled',
  token: 'TOKEN',
  url: 'http://localhost:9090/TOKEN/',
  secret_token: 'SECRET',
  status_url: 'http://localhost:8080/v2/backend/abc/status',
  ready_url: 'http://localhost:8080/ready/abc/TOKEN/',
} as const;

test('the v1 result of a connect response has exactly its own keys, in order', () => {
  expect(JSON.stringify(toV1SpawnResult(RESPONSE))).toBe(
    '{"name":"abc","spawned":true,"url":"http://localhost:9090/TOKEN/","status_url":"http://localhost:8080/backend/abc/status","ready_url":"","status":"Loading"}',
  );
});

test.each(Object.entries(V1_OF_LIVE_STATUS))('a backend that is %s is called %s', (status, state) => {
  expect(toV1SpawnResult({ ...RESPONSE, status: status as keyof typeof V1_OF_LIVE_STATUS }).status).toBe(state);
});

test('only the last part of the address changes, even after a base path', () => {
  const status_url = 'https://dev.example/v2/backend/x/v2/backend/abc/status';
  expect(toV1SpawnResult({ ...RESPONSE, status_url }).status_url).toBe(
    'https://dev.example/v2/backend/x/backend/abc/status',
  );
});
