import type { RequestHandler } from 'express';
import { requestErrors } from '../contract/errors/request-errors.js';
import type { Endpoint } from './endpoint.js';

/** Returns the methods of a path for an `allow` header, without OPTIONS. */
export function methodNames(endpoints: readonly Endpoint[]): string[] {
  return endpoints.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : ['POST']));
}

/** Creates a handler that follows the endpoints of a path, and records their methods for {@link answerUntaken}. */
export function noteMethods(methods: readonly string[]): RequestHandler {
  return (_request, response, next) => {
    response.locals.methods = [...((response.locals.methods ?? []) as string[]), ...methods];
    next();
  };
}

/**
 * Answers requests that no endpoint handled. The guard has already accepted them, so an OPTIONS request, such as a
 * browser's preflight, is answered with the methods of the path.
 * @throws JamdevError `RouteNotFound`, `MethodNotAllowed`
 */
export const answerUntaken: RequestHandler = (request, response) => {
  const methods = response.locals.methods as string[] | undefined;
  if (methods === undefined) throw requestErrors.routeNotFound(request.method, request.path);
  response.setHeader('allow', [...methods, 'OPTIONS'].join(', '));
  if (request.method !== 'OPTIONS') throw requestErrors.methodNotAllowed(request.method, request.path, methods);
  response.setHeader('access-control-allow-methods', methods.join(', '));
  response.setHeader('access-control-allow-headers', 'authorization, content-type');
  response.statusCode = 204;
  response.end();
};
