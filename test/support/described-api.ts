import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Express } from 'express';
import { expect } from 'vitest';
import type { z } from 'zod';
import { createApp } from '../../src/api/app.js';
import { CallerUrls } from '../../src/api/caller-urls.js';
import type { DevApiContext } from '../../src/api/dev-context.js';
import type { Endpoint } from '../../src/api/endpoint.js';
import { labelledCaller } from '../../src/api/labels.js';
import { listDevEndpoints } from '../../src/api/whole-dev-api.js';
import type { DevServer } from '../../src/dev-server/dev-server.js';
import { type Answer, send } from './http.js';

type Json = Record<string, unknown>;

/** OpenAPI's description of a method on a path. */
interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters: { name: string; in: string; description?: string; schema: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
}

export interface Description extends Json {
  info: { version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

function contextOf({ parts, info }: DevServer): DevApiContext {
  const { platform, controlPlane, builder, logs, runtime } = parts;
  return {
    controlPlane,
    authorize: labelledCaller,
    registryHost: () => new URL(info.api_url).host,
    platform,
    builder,
    logs,
    warmPools: () => runtime.counts,
    warmStarts: () => runtime.warmStarts,
    allowedHosts: { names: [], addresses: false },
    info: () => ({ ...info, description: 'A test.' }),
    errorsOf: () => [],
    urls: new CallerUrls({ host: undefined, publicUrl: {} }, () => info),
    reportFault: () => undefined,
    onPageCall: () => undefined,
  };
}

/** The API of a dev server as a separate Express app, for inspection. */
export function makeApi(server: DevServer): Express {
  const context = contextOf(server);
  return createApp(context, (_request, _response, next) => next(), listDevEndpoints(context));
}

/** Every endpoint as declared. */
function endpointsOf(server: DevServer): Endpoint[] {
  return listDevEndpoints(contextOf(server));
}

/** The path of an endpoint in OpenAPI's form. */
export function describedPath(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

/** Checks answers against the dev server's description at /openapi.json. */
export class DescribedApi {
  /** The operations whose answers have been checked, as `get /auth`. */
  readonly seen = new Set<string>();
  readonly #validator = new Ajv2020({ strict: false, validateFormats: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  private constructor(
    readonly description: Description,
    readonly endpoints: readonly Endpoint[],
  ) {
    this.#validator.addSchema({ $id: 'api', ...description });
  }

  static async of(server: DevServer): Promise<DescribedApi> {
    const { json } = await send(`${server.apiUrl}/openapi.json`);
    return new DescribedApi(json<Description>(), endpointsOf(server));
  }

  /** The endpoint of a request, whatever the case of its method and path; undefined: none. */
  endpointOf(method: string, path: string): Endpoint | undefined {
    const wanted = method === 'HEAD' ? 'get' : method.toLowerCase();
    return this.endpoints.find((endpoint) => {
      const pattern = new RegExp(`^${endpoint.path.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}/?$`, 'i');
      return endpoint.method === wanted && pattern.test(path.split('?')[0] ?? '');
    });
  }

  /** Expects an answer to match one of those described for this request. */
  check(method: string, path: string, answer: Pick<Answer, 'status' | 'headers' | 'text'>): void {
    const endpoint = this.endpointOf(method, path);
    if (endpoint === undefined) {
      expect([400, 403, 404, 405]).toContain(answer.status);
      if (path.startsWith('/ready') && answer.headers['content-type']?.startsWith('text/html')) return;
      return this.checkError(answer);
    }
    const name = `${endpoint.method} ${endpoint.path}`;
    const described = this.description.paths[describedPath(endpoint.path)]?.[endpoint.method]?.responses[answer.status];
    expect(described, `${name} answered ${answer.status}, which is not described: ${answer.text}`).toBeDefined();
    const contentType = answer.headers['content-type'] ?? '';
    const content = described?.content ?? {};
    expect(contentType === '' ? [] : Object.keys(content)).toEqual(
      contentType === '' ? Object.keys(content) : expect.arrayContaining([contentType]),
    );
    const { schema = {} } = content[contentType] ?? {};
    const own = endpoint.answer.statuses.includes(answer.status);
    if (!own && contentType === 'application/json') this.checkError(answer);
    for (const piece of contentType === '' ? [] : piecesOf(contentType, answer.text)) {
      this.#checkSchema(schema, piece, name);
      // Strict: nothing may be dropped by the schema.
      if (own) expect(schemaOf(endpoint, contentType).parse(piece), name).toEqual(piece);
    }
    this.seen.add(name);
  }

  /** Expects the error shape, whatever the request. */
  checkError(answer: Pick<Answer, 'status' | 'headers' | 'text'>): void {
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.text)).toEqual({
      error: {
        message: expect.stringMatching(/\.$|: (jamdev|jamsocket|docker|npx) .*[^.\s]$/),
        status: answer.status,
        code: expect.stringMatching(/^[A-Z][A-Za-z]+$/),
        id: expect.stringMatching(/^[0-9a-f]{12}$/),
      },
    });
    expect(JSON.stringify(Object.keys(JSON.parse(answer.text).error))).toBe('["message","status","code","id"]');
  }

  #checkSchema(schema: Json, value: unknown, name: string): void {
    // References are relative to the whole description.
    const absolute = JSON.stringify(schema).replaceAll('"#/', '"api#/');
    const validate = this.#compiled.get(absolute) ?? this.#validator.compile(JSON.parse(absolute) as Json);
    this.#compiled.set(absolute, validate);
    expect(validate(value), `${name}: ${JSON.stringify(validate.errors)}\n${JSON.stringify(value)}`).toBe(true);
  }
}

function schemaOf({ answer }: Endpoint, contentType: string): z.ZodType {
  return contentType === answer.contentType ? answer.schema : (answer.jsonSchema ?? answer.schema);
}

/** What a schema describes: a stream's events or lines, or the whole answer. */
function piecesOf(contentType: string, text: string): unknown[] {
  if (contentType === 'application/json') return [JSON.parse(text)];
  if (contentType === 'application/x-ndjson')
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  if (contentType !== 'text/event-stream') return [text];
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((event) => event.replace(/^data: /, ''))
    .map((data) => (data.startsWith('{') ? JSON.parse(data) : data));
}
