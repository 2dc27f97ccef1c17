import { afterEach, describe, expect, test } from 'vitest';
import { describeApi, operationsOf } from '../../support/api/operations.js';
import type { ApiSuite } from '../../support/api/test-api.js';
import { expectRefusal } from '../../support/refusal.js';

const CONNECT = ['/v2/service/-/-/connect', '/v2/service/-/-/staging/connect'];
const SPAWN = ['/user/-/service/-/spawn', '/v1/user/-/service/-/spawn'];
const TERMINATE = ['/v2/backend/nosuchbackend1/terminate'];
const TERMINATE_BACKENDS = ['/service/-/-/terminate-backends'];
const CREATE = ['/v2/account/-/service'];
const USE_IMAGE = ['/v2/service/-/-/update', '/v2/service/-/-/staging/update'];

const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

/** JSON that a kind of field does not accept, and the error for it. */
const WRONG = {
  string: [
    ['true', 'must be a string, not true'],
    ['0', 'must be a string, not 0'],
    ['-1e308', 'must be a string, not -1e+308'],
    ['["x"]', 'must be a string, not a list'],
    ['{"x": "x"}', 'must be a string, not an object'],
    [DEEP, 'must be a string, not a list'],
  ],
  boolean: [
    ['"true"', 'must be true or false, not "true"'],
    ['1', 'must be true or false, not 1'],
    ['[]', 'must be true or false, not a list'],
    ['{}', 'must be true or false, not an object'],
    [DEEP, 'must be true or false, not a list'],
    ['"\\u0000"', 'must be true or false, not "\\u0000"'],
    ['"\\ud83d"', 'must be true or false, not "\\ud83d"'],
  ],
  seconds: [
    ['"5m"', 'must be a number, not "5m"'],
    ['true', 'must be a number, not true'],
    ['[5]', 'must be a number, not a list'],
    ['{}', 'must be a number, not an object'],
    ['0', 'must be more than 0, not 0'],
    ['-0', 'must be more than 0, not 0'],
    ['-1', 'must be more than 0, not -1'],
    ['0.5', 'must be a whole number, not 0.5'],
    ['1e-320', 'must be a whole number, not 1e-320'],
    ['9007199254740993', 'must be at most 9007199254740991, not 9007199254740992'],
    ['1e300', 'must be at most 9007199254740991, not 1e+300'],
    ['1e400', 'must be a number, not Infinity'],
    [DEEP, 'must be a number, not a list'],
  ],
  amount: [
    ['"1 GB"', 'must be a number, not "1 GB"'],
    ['false', 'must be a number, not false'],
    ['[1]', 'must be a number, not a list'],
    ['{}', 'must be a number, not an object'],
    ['0', 'must be more than 0, not 0'],
    ['-0.1', 'must be more than 0, not -0.1'],
    ['-1e400', 'must be a number, not -Infinity'],
  ],
  object: [
    ['"x"', 'must be an object, not "x"'],
    ['true', 'must be an object, not true'],
    ['0', 'must be an object, not 0'],
    ['[]', 'must be an object, not a list'],
    ['[{}]', 'must be an object, not a list'],
    [DEEP, 'must be an object, not a list'],
  ],
  variable: [
    ['null', 'must be a string, not null'],
    ['1', 'must be a string, not 1'],
    ['false', 'must be a string, not false'],
    ['[]', 'must be a string, not a list'],
    ['{}', 'must be a string, not an object'],
    ['"\\u0000"', 'must not contain a NUL character'],
  ],
  spawn: [
    ['"yes"', 'must be true or false or an object, not "yes"'],
    ['1', 'must be true or false or an object, not 1'],
    ['[]', 'must be true or false or an object, not a list'],
    ['[true]', 'must be true or false or an object, not a list'],
  ],
  mount: [
    ['1', 'must be a string or true or false, not 1'],
    ['[]', 'must be a string or true or false, not a list'],
    ['{}', 'must be a string or true or false, not an object'],
  ],
  time: [
    ['0', 'must be a string, not 0'],
    ['true', 'must be a string, not true'],
    ['{}', 'must be a string, not an object'],
    ['[]', 'must be a string, not a list'],
    ['""', 'must be a time such as 2026-01-31T12:00:00Z, not ""'],
    ['"now"', 'must be a time such as 2026-01-31T12:00:00Z, not "now"'],
    ['"2026-01-31"', 'must be a time such as 2026-01-31T12:00:00Z, not "2026-01-31"'],
    ['"2026-01-31T12:00:00"', 'must be a time such as 2026-01-31T12:00:00Z, not "2026-01-31T12:00:00"'],
    ['"2026-02-30T12:00:00Z"', 'must be a time such as 2026-01-31T12:00:00Z, not "2026-02-30T12:00:00Z"'],
    ['"1769860800"', 'must be a time such as 2026-01-31T12:00:00Z, not "1769860800"'],
  ],
  name: [
    ['null', 'must be a string, not null'],
    ['7', 'must be a string, not 7'],
    ['["a"]', 'must be a string, not a list'],
    ['{}', 'must be a string, not an object'],
    [DEEP, 'must be a string, not a list'],
  ],
  tag: [
    ['null', 'must be a string, not null'],
    ['1.0', 'must be a string, not 1'],
    ['[]', 'must be a string, not a list'],
    ['""', 'must be a non-empty string, not ""'],
  ],
} satisfies Record<string, [json: string, detail: string][]>;

/** Every field of the platform's request bodies except keys. */
const FIELDS: [paths: string[], field: string, kind: keyof typeof WRONG][] = [
  [CONNECT, 'user', 'string'],
  [CONNECT, 'auth', 'object'],
  [CONNECT, 'spawn', 'spawn'],
  [CONNECT, 'spawn.tag', 'string'],
  [CONNECT, 'spawn.cluster', 'string'],
  [CONNECT, 'spawn.lifetime_limit_seconds', 'seconds'],
  [CONNECT, 'spawn.max_idle_seconds', 'seconds'],
  [CONNECT, 'spawn.executable', 'object'],
  [CONNECT, 'spawn.executable.env', 'object'],
  [CONNECT, 'spawn.executable.env.*', 'variable'],
  [CONNECT, 'spawn.executable.mount', 'mount'],
  [CONNECT, 'spawn.executable.resource_limits', 'object'],
  [CONNECT, 'spawn.executable.resource_limits.cpu_period', 'amount'],
  [CONNECT, 'spawn.executable.resource_limits.cpu_period_percent', 'amount'],
  [CONNECT, 'spawn.executable.resource_limits.cpu_time_limit', 'amount'],
  [CONNECT, 'spawn.executable.resource_limits.memory_limit_bytes', 'amount'],
  [CONNECT, 'spawn.executable.resource_limits.disk_limit_bytes', 'amount'],
  [SPAWN, 'env', 'object'],
  [SPAWN, 'env.*', 'variable'],
  [SPAWN, 'grace_period_seconds', 'seconds'],
  [SPAWN, 'tag', 'string'],
  [SPAWN, 'service_environment', 'string'],
  [TERMINATE, 'hard', 'boolean'],
  [TERMINATE_BACKENDS, 'before', 'time'],
  [TERMINATE_BACKENDS, 'hard', 'boolean'],
  [TERMINATE_BACKENDS, 'dry_run', 'boolean'],
  [CREATE, 'name', 'name'],
  [USE_IMAGE, 'image_tag', 'tag'],
];

/** JSON text with one value in a nested field. */
function bodyWith(field: string, json: string): string {
  return field.split('.').reduceRight((inner, name) => `{${JSON.stringify(name)}: ${inner}}`, json);
}

/** Fields with values that they do not accept. */
export const badFields: ApiSuite = (target) => {
  const api = target.share();
  afterEach(async () => expect(await api().place.spawned()).toEqual([]));

  describe('HTTP API: invalid values are refused', () => {
    test.each(FIELDS.flatMap(([paths, field, kind]) => paths.map((path) => [path, field, kind] as const)))(
      'POST %s: %s (%s)',
      async (path, field, kind) => {
        const named = field.replace('*', 'NAME');
        for (const [json, detail] of WRONG[kind]) {
          expectRefusal(await api().post(path, bodyWith(named, json)), 400, 'InvalidRequest', `"${named}" ${detail}.`);
          // Of two fields with the same name the last one counts.
          const twice = bodyWith(named, `null, ${JSON.stringify(named.split('.').at(-1))}: ${json}`);
          expectRefusal(await api().post(path, twice), 400, 'InvalidRequest', `"${named}" ${detail}.`);
        }
      },
    );

    test('every described field is in the table', async () => {
      const description = await describeApi(api());
      const bodies = {
        ConnectRequest: CONNECT,
        V1SpawnRequest: SPAWN,
        TerminateRequest: TERMINATE,
        TerminateBackendsRequest: TERMINATE_BACKENDS,
        CreateServiceRequest: CREATE,
        UseImageRequest: USE_IMAGE,
      };
      for (const [id, body] of Object.entries(bodies)) {
        const described = fieldsOf(description.components.schemas[id] ?? {}).filter(
          (field) => !/^(key|lock)$/.test(field),
        );
        const inTable = FIELDS.filter(([paths]) => paths === body).map(([, field]) => field);
        expect(inTable.toSorted()).toEqual(described.filter((field) => field !== 'auth.*').toSorted());
      }
      const reading = (await operationsOf(api())).filter(({ body }) => body !== undefined);
      expect(reading).toHaveLength(Object.values(bodies).flat().length + target.ownBodies.length);
    });

    test.each([
      ...CREATE.map((path) => [path, 'name'] as const),
      ...USE_IMAGE.map((path) => [path, 'image_tag'] as const),
    ])('POST %s: %s is required', async (path, field) => {
      for (const body of ['', 'null', '{}', `{"__proto__": {"${field}": "a"}}`]) {
        const answer = await api().post(path, body);
        expectRefusal(answer, 400, 'InvalidRequest', `"${field}" must be a string, not missing.`);
      }
    });

    test.each(['', '-', 'A', 'a b', 'ä', '../x', '__proto__', 'a\0', 'x'.repeat(64)])(
      'POST /v2/account/-/service: the name %j',
      async (name) => {
        const answer = await api().post(CREATE[0] ?? '', { name });
        const message = `${JSON.stringify(name)} is not a valid service name. Use lowercase letters, digits and hyphens; 63 characters at most.`;
        expectRefusal(answer, 400, 'InvalidRequest', message);
      },
    );
  });

  test('HTTP API: null counts as a missing field, and unknown fields are ignored', async () => {
    const own = await target.open();
    await own.post('/v2/service/-/-/staging/update', { image_tag: own.place.image });
    const nulls = (paths: string[]) =>
      FIELDS.filter(([of, field]) => of === paths && !field.includes('*')).map(([, field]) => field);
    for (const path of [...CONNECT, ...SPAWN]) {
      const paths = CONNECT.includes(path) ? CONNECT : SPAWN;
      const body: Record<string, unknown> = {};
      // Outer fields first, so that those with inner fields become objects of nulls.
      for (const field of nulls(paths)) set(body, field.split('.'), null);
      const text = JSON.stringify({ ...body, key: null, lock: null, unknown: { spawn: 5 } });
      const strange = text.replace(/\}$/, `, "__proto__": {"spawn": "x", "user": 5}, "deep": ${DEEP}}`);
      const answer = await own.post(path, strange);
      expect(answer.status, answer.text).toBe(200);
    }
    expect(({} as { user?: unknown }).user).toBeUndefined();
    for (const body of ['{"before": null, "hard": null, "dry_run": true}', 'null']) {
      expect((await own.post(TERMINATE_BACKENDS[0] ?? '', body)).json()).toMatchObject({ backend_count: 4 });
    }
  });
};

/** The fields of a JSON Schema, inner ones after a dot; `*` stands for any name. */
function fieldsOf(schema: Record<string, unknown>): string[] {
  const {
    properties = {},
    additionalProperties,
    anyOf = [],
  } = schema as {
    properties?: Record<string, Record<string, unknown>>;
    additionalProperties?: Record<string, unknown>;
    anyOf?: Record<string, unknown>[];
  };
  const own = { ...properties, ...(additionalProperties && { '*': additionalProperties }) };
  const inner = Object.entries(own).flatMap(([name, field]) => [
    name,
    ...fieldsOf(field).map((each) => `${name}.${each}`),
  ]);
  return [...inner, ...anyOf.flatMap(fieldsOf)];
}

function set(target: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) target[name] = value;
  else {
    target[name] ??= {};
    set(target[name] as Record<string, unknown>, rest, value);
  }
}
