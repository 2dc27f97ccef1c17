import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint } from '../../src/api/endpoint.js';
import type { DevServer } from '../../src/dev-server/dev-server.js';
import { DescribedApi, type Description, describedPath } from '../support/described-api.js';
import { collectEvents, startServer } from '../support/dev-server.js';
import { type Answer, post, send } from '../support/http.js';
import { mutatedJson, toBytes } from '../support/mutated-json.js';
import { makeTempFolder } from '../support/project.js';
import { fromSchema } from '../support/schema-arbitrary.js';
import { living, waitFor } from '../support/wait.js';

/** To reproduce a failure, pass its seed: FUZZ_SEED=123 npx vitest run test/api/fuzz.test.ts */
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const BATCHES = 80;
const BATCH_SIZE = 3;
/** None of these requests has a reason to take longer, even on a busy machine. */
const ANSWER_DEADLINE_MS = 20_000;
/** The approximate maximum of real processes at once. */
const MAX_LIVING = 10;

interface FuzzedRequest {
  method: string;
  /** Contains `KNOWN` for the id of an existing backend. */
  path: string;
  headers: Record<string, string>;
  /** As {@link mutatedJson} makes it. */
  body: string;
}

function requestsFor(endpoint: Endpoint, description: Description): fc.Arbitrary<FuzzedRequest> {
  const { requestBody } = description.paths[describedPath(endpoint.path)]?.[endpoint.method] ?? {};
  const schema = requestBody?.content['application/json']?.schema;
  const values = schema === undefined ? fc.jsonValue() : fromSchema(schema, description.components.schemas);
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map(encodeURIComponent);
  const part = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('-', 'doc', 'KNOWN') },
    { weight: 2, arbitrary: text },
    fc.constantFrom('%00', '%zz', '%ff', '..', '%2e%2e%2f', '', '__proto__'),
  );
  const parts = endpoint.path.split('/').map((each) => (each.startsWith(':') ? part : fc.constant(each)));
  const method = fc.oneof(
    { weight: 15, arbitrary: fc.constant(endpoint.method.toUpperCase()) },
    fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  );
  const headers = fc.oneof(
    { weight: 12, arbitrary: fc.constant({}) },
    fc.constantFrom<Record<string, string>>(
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'text/plain; charset=utf-16le' },
      { 'content-type': 'application/json; charset=nonsense' },
      { 'content-encoding': 'gzip' },
      { 'content-encoding': 'nonsense' },
      { accept: 'text/html' },
      { accept: 'application/json' },
      { origin: 'http://localhost:3000' },
      { origin: 'https://evil.example' },
      { host: 'evil.example' },
    ),
  );
  return fc.record({
    method,
    path: fc.tuple(...parts).map((each) => each.join('/')),
    headers,
    body: mutatedJson(values),
  });
}

/** Sends a request, and closes a stream as soon as it has begun. @throws Error when there is no answer in time */
function ask(server: DevServer, { method, path, headers, body }: FuzzedRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.apiUrl);
    const bytes = toBytes(body);
    const request = httpRequest({
      hostname,
      port,
      method,
      path,
      agent: false,
      headers: { 'content-length': String(bytes.length), ...headers },
      signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
    });
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      const done = () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) });
      };
      if (response.statusCode === 200 && /stream|ndjson/.test(response.headers['content-type'] ?? '')) {
        done();
        request.destroy();
        return;
      }
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', done);
    });
    request.end(bytes);
  });
}

test(`HTTP API: no request causes a fault, waits forever or leaves a backend behind (FUZZ_SEED=${SEED})`, async () => {
  const pids = join(makeTempFolder(), 'pids');
  // The cheapest real process; it never answers, so only a termination ends it.
  const server = await startServer({ command: `sh -c 'echo $$ >> "${pids}"; exec sleep 600'` });
  const faults = collectEvents(server, 'fault');
  const api = await DescribedApi.of(server);
  /** Backends named in answers. */
  const named = new Set<string>();
  const statuses = new Map<number, number>();

  const terminateNamed = async () => {
    for (const id of named) {
      const answer = await post(`${server.apiUrl}/v2/backend/${id}/terminate`, { hard: true });
      expect([200, 409]).toContain(answer.status);
      named.delete(id);
    }
  };
  const endpoints = api.endpoints.map((endpoint) => ({
    weight: endpoint.body === undefined ? 1 : 6,
    arbitrary: requestsFor(endpoint, api.description),
  }));
  const batches = fc.array(fc.oneof(...endpoints), { minLength: BATCH_SIZE, maxLength: BATCH_SIZE });

  const sendBatch = async (batch: FuzzedRequest[]) => {
    const known = [...named].at(-1) ?? 'nosuchbackend1';
    const requests = batch.map((request) => ({ ...request, path: request.path.replace('KNOWN', known) }));
    const answers = await Promise.all(requests.map((request) => ask(server, request)));
    expect(faults.map(String)).toEqual([]);
    for (const [index, answer] of answers.entries()) {
      const { method, path } = requests[index] as FuzzedRequest;
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expect(answer.status, answer.text).not.toBe(500);
      api.check(method, path, answer);
      if (answer.status !== 200 || answer.text === '') continue;
      const { backend_id, name, spawned } = answer.json<{ backend_id?: string; name?: string; spawned?: boolean }>();
      if (spawned !== undefined) named.add(backend_id ?? name ?? '');
    }
    // A refused request must not have spawned anything.
    const { running } = server.parts.platform;
    const unnamed = running.filter(({ id, state }) => !named.has(id) && !/term/.test(state.status));
    expect(unnamed.map(({ id }) => id)).toEqual([]);
    if (named.size >= MAX_LIVING) await terminateNamed();
  };
  /** After a failure, shrinking starts again from a clean state. */
  const forgetAll = async (error: unknown) => {
    await server.parts.platform.terminateAll(true);
    named.clear();
    faults.length = 0;
    throw error;
  };
  await fc.assert(
    fc.asyncProperty(batches, (batch) => sendBatch(batch).catch(forgetAll)),
    { numRuns: BATCHES, seed: SEED, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: false },
  );

  await terminateNamed();
  await waitFor(async () => {
    const list = await send(`${server.apiUrl}/v2/account/-/backends`);
    return list.json<{ running_backends: unknown[] }>().running_backends.length === 0;
  }, 'the list of running backends to be empty');
  const started = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
  await waitFor(async () => (await living(started)).length === 0, 'every process that was started to be gone');
  expect(faults.map(String)).toEqual([]);
  // Proves that the run was meaningful: requests were accepted and refused, and processes were started.
  expect(started.length).toBeGreaterThan(5);
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 404]));
});
