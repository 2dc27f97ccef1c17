import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Scope } from '../contract/accounts.js';
import type { WireErrorCode } from '../contract/errors/error-codes.js';
import { parseBody, parseFields } from '../contract/parse-request.js';
import type { AccountPlane } from '../platform/control-plane.js';
import { type Answer, JSON_TYPE, json } from './answer.js';
import { sendJson } from './json.js';

/** An endpoint of the API, from which both its Express route and its OpenAPI description are made. */
export interface Endpoint {
  readonly method: 'get' | 'post';
  /** The path in the form that Express uses: `/v2/backend/:id/status`. */
  readonly path: string;
  readonly summary: string;
  readonly scope: EndpointScope;
  /** Checks a credential other than a token, before the body is read. @throws JamdevError */
  readonly admit: ((request: Request) => void) | undefined;
  readonly body: z.ZodType | undefined;
  readonly query: z.ZodObject | undefined;
  readonly answer: Answer<unknown>;
  readonly errors: readonly WireErrorCode[];
  /** Whether the endpoint is answered without Express, and thus without its request and response objects. */
  readonly isDirect: boolean;
  /** Answers a request after its body, if any, has been read. */
  readonly respond: (request: Request, response: Response, account: CallingAccount) => Promise<void>;
}

/** The parts of an endpoint that are needed to answer requests: all except the description of its answer. */
export type Route = Omit<Endpoint, 'answer'>;

/**
 * An endpoint that can answer before any schema is loaded, since a dev server loads those after its start.
 * {@link described} completes it.
 */
export interface EarlyEndpoint<Result> extends Route {
  /** Only for the type; never set. */
  readonly result?: Result;
}

/**
 * The scope that a token needs for an endpoint. `public`: no token is needed; `operator`: the scope `admin`, for an
 * account that operates the cluster.
 */
export type EndpointScope = Scope | 'public' | 'operator';

/** The account of a request. */
interface CallingAccount {
  /** The account's name in answers. */
  readonly name: string;
  /** The person or program behind the request, for the audit log. */
  readonly actor: string;
  readonly plane: AccountPlane;
}

/** The declaration of an endpoint, without its method and path. */
interface Declaration<Path extends string, Body, Query extends z.ZodObject, Result>
  extends RouteDeclaration<Path, Body, Query, Result> {
  answer: Answer<Result>;
}

interface RouteDeclaration<Path extends string, Body, Query extends z.ZodObject, Result> {
  /** Describes the endpoint in one line. */
  summary: string;
  /** Default: `read`. */
  scope?: EndpointScope;
  /** Checks another credential than a token, before the body is read. @throws JamdevError */
  admit?: (request: Request) => void;
  /** If undefined, no body is read. An absent body is parsed as `{}`. */
  body?: z.ZodType<Body>;
  /** If undefined, the query is ignored: the official clients add a random one. */
  query?: Query;
  /**
   * Error codes of this endpoint, in addition to those of all endpoints, such as for a forbidden host or a malformed
   * body.
   */
  errors?: readonly WireErrorCode[];
  /** Default: false. */
  isDirect?: boolean;
  /** Returns the JSON of the answer, or writes a stream or page to `response`. */
  handle: (call: Call<Path, Body, z.infer<Query>>) => Result | Promise<Result>;
}

/** A request, parsed by the declared schemas. */
interface Call<Path extends string, Body, Query> {
  params: ParamsOf<Path>;
  body: Body;
  query: Query;
  account: CallingAccount;
  response: Response;
}

/** The `:parameters` of a path. */
type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Record<Name, string> & ParamsOf<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Record<Name, string>
    : unknown;

/** Declares an endpoint for GET and HEAD. */
export function get<Path extends string, Body, Query extends z.ZodObject, Result>(
  path: Path,
  declaration: Declaration<Path, Body, Query, Result>,
): Endpoint {
  return { ...toRoute('get', path, declaration, declaration.answer), answer: declaration.answer };
}

/** Declares an endpoint for POST. */
export function post<Path extends string, Body, Query extends z.ZodObject, Result>(
  path: Path,
  declaration: Declaration<Path, Body, Query, Result>,
): Endpoint {
  return { ...toRoute('post', path, declaration, declaration.answer), answer: declaration.answer };
}

/** Declares an endpoint for GET and HEAD that is used right after a start. The answer is a JSON value. */
export function getEarly<Path extends string, Result>(
  path: Path,
  declaration: Omit<RouteDeclaration<Path, unknown, z.ZodObject, Result>, 'body' | 'query'>,
): EarlyEndpoint<Result> {
  return toRoute('get', path, { ...declaration, isDirect: true }, { contentType: JSON_TYPE, statuses: [200] });
}

/** Completes an early endpoint. @param schema of its answer */
export function described<Result>(endpoint: EarlyEndpoint<Result>, schema: z.ZodType<Result>): Endpoint {
  return { ...endpoint, answer: json(schema) };
}

function toRoute<Path extends string, Body, Query extends z.ZodObject, Result>(
  method: Endpoint['method'],
  path: Path,
  declaration: RouteDeclaration<Path, Body, Query, Result>,
  { contentType, statuses }: Pick<Answer<Result>, 'contentType' | 'statuses'>,
): Route {
  const { summary, scope = 'read', admit, body, query, errors = [], isDirect = false, handle } = declaration;
  const respond: Endpoint['respond'] = async (request, response, account) => {
    // An unread body would stop all reading from its connection, so a disconnect of the client would go unnoticed.
    if (body === undefined) request.resume();
    const result = await handle({
      params: request.params as ParamsOf<Path>,
      body: (body && parseBody(body, request.body)) as Body,
      query: (query && parseFields(query, request.query)) as z.infer<Query>,
      account,
      response,
    });
    if (contentType === JSON_TYPE) sendJson(response, result, statuses[0]);
  };
  return { method, path, summary, scope, admit, body, query, errors, isDirect, respond };
}
