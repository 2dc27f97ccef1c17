import express, { type Express } from 'express';
import { addAccountEndpoints } from './account-endpoints.js';
import type { ApiContext } from './context.js';
import { addDevEndpoints } from './dev-endpoints.js';
import { answerError, answerUnknownRoute, BODY_LIMIT_BYTES } from './error-handler.js';
import { guard } from './guard.js';
import { addV1Endpoints } from './v1-endpoints.js';
import { addV2Endpoints } from './v2-endpoints.js';

/** The API as an Express app. It translates between HTTP and the platform, and decides nothing itself. */
export function createApi(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(guard(context.allowedHosts));
  // Any content type: scripts often send JSON without naming it. Cross-site forms are the guard's to stop.
  app.use(express.json({ limit: BODY_LIMIT_BYTES, type: () => true, strict: false }));
  addAccountEndpoints(app);
  addV1Endpoints(app, context);
  addV2Endpoints(app, context);
  addDevEndpoints(app, context);
  app.use(answerUnknownRoute);
  app.use(answerError(context.reportFault));
  return app;
}
