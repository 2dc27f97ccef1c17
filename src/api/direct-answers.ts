import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Route } from './endpoint.js';

/** Answers a request in the same way as an Express route. */
type Respond = (request: Request, response: Response) => Promise<void>;

/** The steps that a request passes through in the app. */
export interface DirectSteps {
  guard: RequestHandler;
  respond: (route: Route) => Respond;
  answerError: ErrorRequestHandler;
}

/** A route that is answered without Express. */
interface DirectRoute {
  method: string;
  /** The path as it was declared. */
  path: string;
  pattern: RegExp;
  names: readonly string[];
  respond: Respond;
}

/** Matches a path segment in which nothing has to be decoded. */
const PLAIN_PART = '([\\w.~-]+)';

/**
 * Creates a listener that answers the endpoints with `isDirect` by the same steps as the app, but without Express,
 * whose routing takes longer than a connect to a running session. All other paths, and HEAD requests, go to the app.
 */
export function answerDirectly(app: RequestListener, endpoints: readonly Route[], steps: DirectSteps): RequestListener {
  const routes = endpoints.filter(({ isDirect }) => isDirect).map((endpoint) => toRoute(endpoint, steps));
  return (request, response) => {
    for (const { method, path, pattern, names, respond } of routes) {
      const match = request.method === method ? pattern.exec(request.url ?? '') : null;
      if (match === null) continue;
      const params = Object.fromEntries(names.map((name, index) => [name, match[index + 1] ?? '']));
      return void answer(asInExpress(request, response, { params, route: { path } }), respond, steps);
    }
    app(request, response);
  };
}

function toRoute(endpoint: Route, { respond }: DirectSteps): DirectRoute {
  const { method, path, query } = endpoint;
  // An ignored query may have any form. A query that is read is left to Express's parser.
  const rest = query === undefined ? '(?:\\?.*)?' : '';
  return {
    method: method.toUpperCase(),
    path,
    pattern: new RegExp(`^${path.replace(/:\w+/g, PLAIN_PART)}${rest}$`, 's'),
    names: [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name),
    respond: respond(endpoint),
  };
}

/**
 * Creates a listener from one that takes time to load, and loads it on the first request.
 * @param answerError answers requests if loading fails
 */
export function answerLate(
  load: () => Promise<RequestListener>,
  { answerError }: Pick<DirectSteps, 'answerError'>,
): RequestListener {
  let loaded: RequestListener | undefined;
  let loading: Promise<void> | undefined;
  return async (request, response) => {
    try {
      loading ??= load().then(
        (listener) => {
          loaded = listener;
        },
        (error: unknown) => {
          // The next request tries again: the reason may have been temporary, such as too many open files.
          loading = undefined;
          throw error;
        },
      );
      if (loaded === undefined) await loading;
      loaded?.(request, response);
    } catch (error) {
      const asked = asInExpress(request, response, { params: {}, route: {} });
      answerError(error, asked.request, asked.response, () => void request.socket.destroy());
    }
  };
}

interface Asked {
  request: Request;
  response: Response;
}

/** Adds the properties of Express's requests and responses that the steps use. All others are Node.js's own. */
function asInExpress(
  request: IncomingMessage,
  response: ServerResponse,
  matched: Pick<Request, 'params' | 'route'>,
): Asked {
  const path = (request.url ?? '').split('?', 1)[0];
  // Defined rather than assigned, because requests in an Express app have getters with these names.
  Object.defineProperties(request, {
    path: { value: path, configurable: true },
    query: { value: {}, configurable: true },
  });
  const asked = Object.assign(request, { ...matched, body: undefined });
  const answered = Object.assign(response, { locals: {} });
  return { request: asked as unknown as Request, response: answered as unknown as Response };
}

async function answer(
  { request, response }: Asked,
  respond: Respond,
  { guard, answerError }: DirectSteps,
): Promise<void> {
  const cut = () => void request.socket.destroy();
  try {
    await pass(guard, request, response);
    await respond(request, response);
  } catch (error) {
    answerError(error, request, response, cut);
  }
}

/** Resolves when a guard lets a request through. */
function pass(guard: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (error?: unknown) => (error === undefined ? resolve() : reject(error));
    Promise.resolve(guard(request, response, next)).catch(reject);
  });
}
