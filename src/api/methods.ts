import type { RequestHandler } from 'express';
import { requestErrors } from '../contract/errors/request-errors.js';
import type { Endpoint } from './endpoint.js';

/** Names of the methods that a path has, as in an `allow` header, without OPTIONS. */
export function methodNames(endpoints: readonly Endpoint[]): string[] {
  return endpoints.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : ['POST']));
}

/** Stands behind the endpoints of a path, and notes for {@link answerUntaken} which methods they would have taken. */
export function noteMethods(methods: readonly string[]): RequestHandler {
  return (_request, response, next) => {
    response.locals.methods = [...((response.locals.methods ?? []) as string[]), ...methods];
    next();
  };
}

/**
 * Answers whatever no endpoint took. The guard has let it pass; so OPTIONS, a browser's question before it sends the
 * request itself, gets the methods that the path has.
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
