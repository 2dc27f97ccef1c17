import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Route } from './endpoint.js';

/** Answers a request as an Express route does. */
type Respond = (request: Request, response: Response) => Promise<void>;

/** What a request passes through in the app. */
export interface DirectSteps {
  guard: RequestHandler;
  respond: (route: Route) => Respond;
  answerError: ErrorRequestHandler;
}

/** One kind of path that is answered directly. */
interface DirectRoute {
  method: string;
  /** As it is declared. */
  path: string;
  pattern: RegExp;
  names: readonly string[];
  respond: Respond;
}

/** A part of a path in which nothing has to be decoded. */
const PLAIN_PART = '([\\w.~-]+)';

/**
 * Makes a listener that answers the endpoints declared as `direct` itself, by the same steps as the app: Express's way to an
 * endpoint takes longer than a connect to a running session. All other paths go to the app, and HEAD too.
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
  // A query that is ignored may be anything; one that is read is for Express to take apart.
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
 * Makes a listener of one that takes time to load, and is loaded at the first request.
 * @param answerError when it can't be loaded
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
          // The next request tries again: perhaps too many files were open.
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

/** Adds what the steps use of Express's requests and responses; the rest is Node.js's own. */
function asInExpress(
  request: IncomingMessage,
  response: ServerResponse,
  matched: Pick<Request, 'params' | 'route'>,
): Asked {
  const path = (request.url ?? '').split('?', 1)[0];
  // Where an app is in front, its requests have getters of these names.
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
