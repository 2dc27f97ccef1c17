import { z } from 'zod';
import { DEV_PREFIX } from '../contract/dev-prefix.js';
import { HTTP_STATUS_OF, type WireErrorCode } from '../contract/errors/error-codes.js';
import { errorBodySchema } from '../contract/responses.js';
import { HTML_TYPE, JSON_TYPE } from './answer.js';
import type { ApiInfo } from './context.js';
import type { Endpoint } from './endpoint.js';
import { isPublicPath } from './guard.js';

export const OPENAPI_PATH = '/openapi.json';

type Json = Record<string, unknown>;

const TAGS = [
  { name: 'platform', description: 'The API of the platform.' },
  { name: 'jamdev', description: "Only in jamdev, for its command line; not part of the platform's API." },
];

/** Descriptions of path parameters. */
const PATH_PARAMETERS: Record<string, string> = {
  account: 'The name of an account; in a dev server any text, without effect.',
  service: 'The name of a service; "-" is the default one.',
  environment: 'Any text: an environment of the service, which can run its own image; it is created on first use.',
  id: 'The id of a backend.',
  backend: 'The id of a backend.',
  session: 'Any text: jamdev has no logins.',
  token: 'A connection token of that backend.',
};

/** The prefix of references in zod's JSON Schemas, and the one that replaces it in the description. */
const [ZOD_REFERENCES, REFERENCES] = ['#/$defs/', '#/components/schemas/'];

/**
 * Describes the API in OpenAPI 3.1.
 * @param endpoints the same endpoints from which the routes are made
 * @param about the server
 * @throws Error if two different schemas have the same id
 */
export function describeApi(endpoints: readonly Endpoint[], { description, version, api_url }: ApiInfo): Json {
  const schemas = new Schemas();
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method]: describeEndpoint(endpoint, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'jamdev',
      version,
      description: `${description} HEAD works wherever GET does. Unlisted query parameters are ignored.`,
    },
    servers: [{ url: api_url }],
    tags: TAGS,
    paths,
    components: { schemas: schemas.named },
  };
}

function describeEndpoint(endpoint: Endpoint, schemas: Schemas): Json {
  const { method, path, summary, body, query, answer } = endpoint;
  const content = {
    [answer.contentType]: { schema: schemas.describe(answer.schema, 'output') },
    ...(answer.jsonSchema && { [JSON_TYPE]: { schema: schemas.describe(answer.jsonSchema, 'output') } }),
  };
  const succeeded = answer.statuses.map((status) => [
    status,
    status === 302 ? { description: 'Redirects.' } : { description: describeAnswer(answer), content },
  ]);
  return {
    operationId: operationId(method, path),
    summary,
    tags: [path.startsWith(DEV_PREFIX) || path === OPENAPI_PATH ? 'jamdev' : 'platform'],
    parameters: [...pathParameters(path), ...(query === undefined ? [] : queryParameters(query, schemas))],
    ...(body && { requestBody: { content: { [JSON_TYPE]: { schema: schemas.describe(body, 'input') } } } }),
    responses: Object.fromEntries([...succeeded, ...errorAnswers(endpoint, schemas)]),
  };
}

function describeAnswer(answer: Endpoint['answer']): string {
  const { contentType } = answer;
  if (contentType === 'text/event-stream')
    return 'A stream of server-sent events. The schema describes the data of one event.';
  if (contentType === 'application/x-ndjson') return 'A stream of JSON lines; the schema is that of one line.';
  return answer.statuses[0] === 200 ? 'Success.' : 'Always refused.';
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name],
    schema: { type: 'string', minLength: 1 },
  }));
}

function queryParameters(query: z.ZodObject, schemas: Schemas): Json[] {
  return Object.entries(query.shape).map(([name, field]) => {
    const { description, ...schema } = schemas.describe(field as z.ZodType, 'input');
    return { name, in: 'query', description, schema };
  });
}

/** Returns the errors of an endpoint by status: its own, and those that follow from its input. */
function errorAnswers(endpoint: Endpoint, schemas: Schemas): [status: number, answer: Json][] {
  const codes = errorCodesOf(endpoint);
  const statuses = [...new Set(codes.map((code) => HTTP_STATUS_OF[code]))].sort();
  return statuses.map((status) => {
    const those = codes.filter((code) => HTTP_STATUS_OF[code] === status);
    const narrowed = { properties: { error: { properties: { code: { enum: those } } } } };
    const schema = { allOf: [schemas.describe(errorBodySchema, 'output'), narrowed] };
    // An endpoint that answers with a page also shows its errors as pages.
    const page = endpoint.answer.contentType === HTML_TYPE ? { [HTML_TYPE]: { schema: { type: 'string' } } } : {};
    return [status, { description: those.join(', '), content: { ...page, [JSON_TYPE]: { schema } } }];
  });
}

/** Returns every error code of an endpoint. */
function errorCodesOf({ path, body, query, errors }: Endpoint): WireErrorCode[] {
  const codes: WireErrorCode[] = [...errors, 'HostNotAllowed', 'Internal'];
  if (!isPublicPath(path)) codes.push('OriginNotAllowed');
  if (path.includes(':') || query !== undefined || body !== undefined) codes.push('InvalidRequest');
  if (body !== undefined) codes.push('InvalidJson', 'BodyTooLarge');
  return [...new Set(codes)].sort();
}

/** Makes the operation id of an endpoint: `getV2BackendIdStatus` for `GET /v2/backend/:id/status`. */
function operationId(method: string, path: string): string {
  const words = path.split(/\W|_/).filter((word) => word !== '');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** Converts zod schemas to JSON Schemas. Schemas with an id are collected in `named` and referenced. */
class Schemas {
  readonly named: Record<string, unknown> = {};

  describe(schema: z.ZodType, io: 'input' | 'output'): Json {
    const made = z.toJSONSchema(schema, {
      io,
      override: ({ jsonSchema }) => {
        // The format already says this, in a more readable way.
        if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      },
    });
    const {
      $schema,
      $defs = {},
      ...described
    } = JSON.parse(JSON.stringify(made), (key, value) =>
      key === '$ref' ? String(value).replace(ZOD_REFERENCES, REFERENCES) : value,
    ) as { $schema: string; $defs?: Record<string, unknown> };
    for (const [id, definition] of Object.entries($defs)) {
      if (JSON.stringify(this.named[id] ?? definition) !== JSON.stringify(definition)) {
        throw new Error(`two schemas have the id ${id}`);
      }
      this.named[id] = definition;
    }
    return described;
  }
}
