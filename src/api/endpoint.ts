import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Scope } from '../contract/accounts.js';
import type { WireErrorCode } from '../contract/errors/error-codes.js';
import { parseBody, parseFields } from '../contract/parse-request.js';
import type { AccountPlane } from '../platform/control-plane.js';
import { type Answer, JSON_TYPE, json } from './answer.js';
import { sendJson } from './json.js';

/** One endpoint of the API: both its Express route and its OpenAPI description are made from this. */
export interface Endpoint {
  readonly method: 'get' | 'post';
  /** As Express takes it: `/v2/backend/:id/status`. */
  readonly path: string;
  readonly summary: string;
  readonly scope: EndpointScope;
  /** Refuses senders by another credential than a token, before the body is read. @throws JamdevError */
  readonly admit: ((request: Request) => void) | undefined;
  readonly body: z.ZodType | undefined;
  readonly query: z.ZodObject | undefined;
  readonly answer: Answer<unknown>;
  readonly errors: readonly WireErrorCode[];
  /** Whether it is answered ahead of Express, whose requests and responses it does without. */
  readonly isDirect: boolean;
  /** Answers a request whose body has been read, if there is one to read. */
  readonly respond: (request: Request, response: Response, account: CallingAccount) => Promise<void>;
}

/** What of an endpoint answers requests: all but the description of its answer. */
export type Route = Omit<Endpoint, 'answer'>;

/**
 * An endpoint that can answer before any schema is loaded: a dev server loads those after its start.
 * {@link described} makes an endpoint of it.
 */
export interface EarlyEndpoint<Result> extends Route {
  /** Never set; only a type. */
  readonly result?: Result;
}

/**
 * What a token must allow for an endpoint; `public`: none is needed; `operator`: the scope `admin`, of an account that operates
 * the cluster.
 */
export type EndpointScope = Scope | 'public' | 'operator';

/** Who asks. */
interface CallingAccount {
  /** As answers name it. */
  readonly name: string;
  /** For the audit. */
  readonly actor: string;
  readonly plane: AccountPlane;
}

/** The declaration of an endpoint, besides its method and path. */
interface Declaration<Path extends string, Body, Query extends z.ZodObject, Result>
  extends RouteDeclaration<Path, Body, Query, Result> {
  answer: Answer<Result>;
}

interface RouteDeclaration<Path extends string, Body, Query extends z.ZodObject, Result> {
  /** What it does, in a line. */
  summary: string;
  /** Default: `read`. */
  scope?: EndpointScope;
  /** Checks another credential than a token, before the body is read. @throws JamdevError */
  admit?: (request: Request) => void;
  /** Without one, no body is read. An absent body is `{}`. */
  body?: z.ZodType<Body>;
  /** Without one, the query is ignored: the official clients add a random one. */
  query?: Query;
  /** Error codes of this endpoint, besides those of all endpoints: a forbidden host, a malformed body... */
  errors?: readonly WireErrorCode[];
  /** Default: false. */
  isDirect?: boolean;
  /** Returns what goes out as JSON; where the answer is a stream or a page, writes it to `response`. */
  handle: (call: Call<Path, Body, z.infer<Query>>) => Result | Promise<Result>;
}

/** What a request brings, parsed by the declared schemas. */
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

/** Declares what GET and HEAD do on a path. */
export function get<Path extends string, Body, Query extends z.ZodObject, Result>(
  path: Path,
  declaration: Declaration<Path, Body, Query, Result>,
): Endpoint {
  return { ...toRoute('get', path, declaration, declaration.answer), answer: declaration.answer };
}

/** Declares what POST does on a path. */
export function post<Path extends string, Body, Query extends z.ZodObject, Result>(
  path: Path,
  declaration: Declaration<Path, Body, Query, Result>,
): Endpoint {
  return { ...toRoute('post', path, declaration, declaration.answer), answer: declaration.answer };
}

/** Declares what GET and HEAD do on a path that is asked for right after a start. The answer is one JSON value. */
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
    // One that nobody reads would stop the reading of its connection, and with that the notice that the client has left.
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
