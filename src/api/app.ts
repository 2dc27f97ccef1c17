import express, { type Express, type RequestHandler } from 'express';
import type { Caller } from '../platform/control-plane.js';
import { readJson } from './body.js';
import type { ApiContext } from './context.js';
import type { Endpoint } from './endpoint.js';
import { answerError } from './error-handler.js';
import { answerUntaken, methodNames, noteMethods } from './methods.js';
import { answerErrorAsPage, READY_PREFIX } from './ready-page.js';

/**
 * The API as an Express app. It translates between HTTP and the control plane, and decides nothing itself.
 * @param guard lets a request through, or throws
 */
export function createApi(context: ApiContext, guard: RequestHandler, endpoints: readonly Endpoint[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(guard);
  for (const [path, ofPath] of byPath(endpoints)) {
    const route = app.route(path);
    for (const endpoint of ofPath) route[endpoint.method](...handlersOf(endpoint, context));
    route.all(noteMethods(methodNames(ofPath)));
  }
  app.use(answerUntaken);
  app.use(READY_PREFIX, answerErrorAsPage);
  app.use(answerError(context.reportFault));
  return app;
}

function handlersOf({ scope, body, respond }: Endpoint, { controlPlane, authorize }: ApiContext): RequestHandler[] {
  const identify: RequestHandler = async (request, response, next) => {
    response.locals.caller = await authorize(request, scope);
    next();
  };
  const handler: RequestHandler = async (request, response) => {
    const caller = response.locals.caller as Caller;
    const { account: name, actor } = caller;
    await respond(request, response, { name, actor, plane: controlPlane.account(caller) });
  };
  return body === undefined ? [identify, handler] : [identify, readJson, handler];
}

function byPath(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  const paths = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint]);
  return paths;
}
