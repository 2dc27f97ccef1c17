import type { Request, RequestHandler, Response } from 'express';
import { requestErrors } from '../contract/errors/request-errors.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { Caller } from '../platform/control-plane.js';
import type { dropBody, readBody } from './body.js';
import type { ApiContext } from './context.js';
import type { DirectSteps } from './direct-answers.js';
import type { Route } from './endpoint.js';
import { answerError } from './error-handler.js';

/** The functions for reading bodies. Only routes without a body work without them. */
export interface BodyReading {
  readBody: typeof readBody;
  dropBody: typeof dropBody;
}

/** Returns the steps for requests that are answered without the app. */
export function directSteps(context: ApiContext, guard: RequestHandler, reading?: BodyReading): DirectSteps {
  return {
    guard,
    respond: (route) => handlerOf(route, context, reading),
    answerError: answerError(context.reportFault),
  };
}

/** Creates the handler of an endpoint. It identifies the sender before it waits for the body. */
export function handlerOf(
  { scope, admit, body, respond }: Route,
  { controlPlane, authorize }: ApiContext,
  reading?: BodyReading,
) {
  const whoSends = async (request: Request): Promise<Caller> => {
    admit?.(request);
    return authorize(request, scope);
  };
  return async (request: Request, response: Response): Promise<void> => {
    checkParameters(request.params);
    const whole = body === undefined ? undefined : reading?.readBody(request, response);
    // A refusal takes precedence over errors in the body.
    whole?.catch(ignoreError('api', 'reading a body before its sender is known'));
    const caller = await whoSends(request).catch((error: unknown) => {
      if (whole !== undefined) reading?.dropBody(request);
      throw error;
    });
    response.locals.caller = caller;
    await whole;
    const { account: name, actor } = caller;
    await respond(request, response, { name, actor, plane: controlPlane.account(caller) });
  };
}

/** Refuses NUL, which no process, file or header can contain. @throws JamdevError `InvalidRequest` */
function checkParameters(parameters: Request['params']): void {
  for (const value of Object.values(parameters)) {
    if (value.includes('\0')) throw requestErrors.pathUnreadable('it contains a NUL');
  }
}
