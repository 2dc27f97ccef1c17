import type { RequestListener } from 'node:http';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { requestErrors } from '../contract/errors/request-errors.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { Caller } from '../platform/control-plane.js';
import { TOKEN_PATH } from '../registry/paths.js';
import { dropBody, readBody } from './body.js';
import type { ApiContext } from './context.js';
import { answerDirectly } from './direct-answers.js';
import type { Endpoint } from './endpoint.js';
import { answerError } from './error-handler.js';
import { answerUntaken, methodNames, noteMethods } from './methods.js';
import { answerErrorAsPage, READY_PREFIX } from './ready-page.js';
import { answerErrorAsRegistry } from './registry-refusal.js';

/**
 * The API. It translates between HTTP and the control plane, and decides nothing itself.
 * @param guard lets a request through, or throws
 */
export function createApi(context: ApiContext, guard: RequestHandler, endpoints: readonly Endpoint[]): RequestListener {
  return answerDirectly(
    makeLate(() => createApp(context, guard, endpoints)),
    endpoints,
    {
      guard,
      respond: (endpoint) => handlerOf(endpoint, context),
      answerError: answerError(context.reportFault),
    },
  );
}

/** A listener that is made at the first request for it: Express takes 20 ms to load, which no start has to wait for. */
function makeLate(make: () => RequestListener): RequestListener {
  let made: RequestListener | undefined;
  return (request, response) => {
    made ??= make();
    made(request, response);
  };
}

/** The API as an Express app, with all of its endpoints. */
export function createApp(context: ApiContext, guard: RequestHandler, endpoints: readonly Endpoint[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(guard);
  for (const [path, ofPath] of byPath(endpoints)) {
    const route = app.route(path);
    for (const endpoint of ofPath) route[endpoint.method](handlerOf(endpoint, context));
    route.all(noteMethods(methodNames(ofPath)));
  }
  app.use(answerUntaken);
  app.use(READY_PREFIX, answerErrorAsPage);
  app.use(TOKEN_PATH, answerErrorAsRegistry);
  app.use(answerError(context.reportFault));
  return app;
}

function handlerOf({ scope, admit, body, respond }: Endpoint, { controlPlane, authorize }: ApiContext) {
  const whoSends = async (request: Request): Promise<Caller> => {
    admit?.(request);
    return authorize(request, scope);
  };
  return async (request: Request, response: Response): Promise<void> => {
    checkParameters(request.params);
    const whole = body === undefined ? undefined : readBody(request, response);
    // A refused caller is told so, whatever the body contains.
    whole?.catch(ignoreError('api', 'reading a body before its sender is known'));
    const caller = await whoSends(request).catch((error: unknown) => {
      if (whole !== undefined) dropBody(request);
      throw error;
    });
    response.locals.caller = caller;
    await whole;
    const { account: name, actor } = caller;
    await respond(request, response, { name, actor, plane: controlPlane.account(caller) });
  };
}

/** No process, file or header could carry a NUL. @throws JamdevError `InvalidRequest` */
function checkParameters(parameters: Request['params']): void {
  for (const value of Object.values(parameters)) {
    if (value.includes('\0')) throw requestErrors.pathUnreadable('it contains a NUL');
  }
}

function byPath(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  const paths = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint]);
  return paths;
}
