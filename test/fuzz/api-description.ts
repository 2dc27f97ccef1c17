import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type HttpMessage, statusOf, valuesOf } from './http-reader.js';

type Json = Record<string, unknown>;

interface Operation {
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

/** The description that a dev server gives at /openapi.json. */
export interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

export interface ApiEndpoint {
  /** In lowercase. */
  method: string;
  /** With `{parameter}` in place of each parameter. */
  path: string;
  /** The schema of a request's body, if it has one. */
  body: Json | undefined;
}

/** Possible answers to any request, about its form, its host, or the method. */
const ANYWHERE = [400, 403, 404, 405, 408, 413, 417, 431];

/** Checks answers against the dev server's description. */
export class ApiDescription {
  readonly endpoints: readonly ApiEndpoint[];
  readonly schemas: Record<string, Json>;
  readonly #paths: Description['paths'];
  readonly #validator = new Ajv2020({ strict: false, validateFormats: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(description: Description) {
    this.#validator.addSchema({ $id: 'api', ...description });
    this.#paths = description.paths;
    this.schemas = description.components.schemas;
    this.endpoints = Object.entries(description.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { requestBody }]) => ({
        method,
        path,
        body: requestBody?.content['application/json']?.schema,
      })),
    );
  }

  /** @returns what is wrong with an answer to a request; undefined: nothing */
  judge(method: string, target: string, answer: HttpMessage): string | undefined {
    const status = statusOf(answer.startLine);
    if (method === 'HEAD') return status >= 500 ? `status ${status}` : undefined;
    const type = valuesOf(answer.headers, 'content-type')[0] ?? '';
    if (status >= 400 && type === 'application/json') return this.#judgeError(status, answer.body);
    const content = this.#operationOf(method, target)?.responses[status]?.content;
    if (content === undefined) {
      if (status === 204 || (status >= 400 && type.startsWith('text/html'))) return undefined;
      return `${answer.startLine}, which is not described`;
    }
    if (content[type] === undefined) return `${type}, which is not described for ${status}`;
    if (type !== 'application/json') return undefined;
    return this.#judgeSchema(content[type].schema, JSON.parse(Buffer.from(answer.body, 'latin1').toString('utf8')));
  }

  #judgeError(status: number, body: string): string | undefined {
    const { error, errors } = JSON.parse(body) as { error?: Json; errors?: unknown };
    // The registry's part of the API has its own error shape.
    if (error === undefined) return Array.isArray(errors) ? undefined : `an error without its shape: ${body}`;
    if (Object.keys(error).join() !== 'message,status,code,id') return `the error ${body}`;
    if (error.status !== status || error.code === 'Internal') return `the error ${body}`;
    return status < 500 && !ANYWHERE.includes(status) && ![409, 410].includes(status) ? `the error ${body}` : undefined;
  }

  #judgeSchema(schema: Json, value: unknown): string | undefined {
    // References are relative to the whole description.
    const absolute = JSON.stringify(schema).replaceAll('"#/', '"api#/');
    const validate = this.#compiled.get(absolute) ?? this.#validator.compile(JSON.parse(absolute) as Json);
    this.#compiled.set(absolute, validate);
    return validate(value) ? undefined : `${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`;
  }

  #operationOf(method: string, target: string): Operation | undefined {
    const path = target.split('?')[0] ?? '';
    const found = Object.entries(this.#paths).find(([each, operations]) => {
      const pattern = each.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+');
      return operations[method.toLowerCase()] !== undefined && new RegExp(`^${pattern}/?$`, 'i').test(path);
    });
    return found?.[1][method.toLowerCase()];
  }
}
