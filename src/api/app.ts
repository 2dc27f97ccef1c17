import express, { type Express } from 'express';
import { createBackendPageTest, isProxyOfAnyServer } from './backend-pages.js';
import type { ApiContext } from './context.js';
import type { Endpoint } from './endpoint.js';
import { listEndpoints } from './endpoints.js';
import { answerError } from './error-handler.js';
import { guard } from './guard.js';
import { answerUntaken, methodNames, noteMethods } from './methods.js';
import { answerErrorAsPage, READY_PREFIX } from './ready-page.js';

/** The API as an Express app. It translates between HTTP and the platform, and decides nothing itself. */
export function createApi(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const isBackendPage = createBackendPageTest(context.platform, context.info);
  app.use(
    guard({
      allowedHosts: context.allowedHosts,
      isBackendPage,
      isOtherProxy: isProxyOfAnyServer,
      onPageCall: context.onPageCall,
    }),
  );
  for (const [path, endpoints] of byPath(listEndpoints(context))) {
    const route = app.route(path);
    for (const { method, handlers } of endpoints) route[method](...handlers);
    route.all(noteMethods(methodNames(endpoints)));
  }
  app.use(answerUntaken);
  app.use(READY_PREFIX, answerErrorAsPage);
  app.use(answerError(context.reportFault));
  return app;
}

function byPath(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  const paths = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint]);
  return paths;
}
