import type { RequestListener } from 'node:http';
import express, { type Express, type RequestHandler } from 'express';
import { TOKEN_PATH } from '../registry/paths.js';
import { dropBody, readBody } from './body.js';
import type { ApiContext } from './context.js';
import { answerDirectly } from './direct-answers.js';
import type { Endpoint } from './endpoint.js';
import { answerError } from './error-handler.js';
import { type BodyReading, directSteps, handlerOf } from './handle.js';
import { answerUntaken, methodNames, noteMethods } from './methods.js';
import { answerErrorAsPage, READY_PREFIX } from './ready-page.js';
import { answerErrorAsRegistry } from './registry-refusal.js';

const BODY_READING: BodyReading = { readBody, dropBody };

/**
 * Creates the API. It translates between HTTP and the control plane, and makes no decisions itself.
 * @param guard lets a request through, or throws
 */
export function createApi(context: ApiContext, guard: RequestHandler, endpoints: readonly Endpoint[]): RequestListener {
  const app = makeLate(() => createApp(context, guard, endpoints));
  return answerDirectly(app, endpoints, directSteps(context, guard, BODY_READING));
}

/** Creates a listener on its first request: Express takes 20 ms to load, which must not delay the start. */
function makeLate(make: () => RequestListener): RequestListener {
  let made: RequestListener | undefined;
  return (request, response) => {
    made ??= make();
    made(request, response);
  };
}

/** Creates the Express app with all endpoints of the API. */
export function createApp(context: ApiContext, guard: RequestHandler, endpoints: readonly Endpoint[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(guard);
  for (const [path, ofPath] of byPath(endpoints)) {
    const route = app.route(path);
    for (const endpoint of ofPath) route[endpoint.method](handlerOf(endpoint, context, BODY_READING));
    route.all(noteMethods(methodNames(ofPath)));
  }
  app.use(answerUntaken);
  app.use(READY_PREFIX, answerErrorAsPage);
  app.use(TOKEN_PATH, answerErrorAsRegistry);
  app.use(answerError(context.reportFault));
  return app;
}

function byPath(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  const paths = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint]);
  return paths;
}
