import type { RequestListener } from 'node:http';
import { createBackendPageTest, isProxyOfAnyServer } from './backend-pages.js';
import type { DevApiContext } from './dev-context.js';
import { answerDirectly, answerLate } from './direct-answers.js';
import { authEndpoint, infoEndpoint } from './early-endpoints.js';
import { guard } from './guard.js';
import { directSteps } from './handle.js';
import type { createWholeDevApi } from './whole-dev-api.js';

/**
 * Creates the API of a dev server: the platform's API, and jamdev's own endpoints for its command line. Only the
 * endpoints that are used at a start are loaded at once.
 * @param loadWhole loads the rest on the first request for it
 */
export function createDevApi(
  context: DevApiContext,
  loadWhole: () => Promise<typeof createWholeDevApi>,
): RequestListener {
  const guarded = guard({
    allowedHosts: context.allowedHosts,
    isBackendPage: createBackendPageTest(context.platform, context.info),
    isOtherProxy: isProxyOfAnyServer,
    onPageCall: context.onPageCall,
  });
  const steps = directSteps(context, guarded);
  const load = async () => (await loadWhole())(context, guarded);
  return answerDirectly(answerLate(load, steps), [authEndpoint(), infoEndpoint(context)], steps);
}
