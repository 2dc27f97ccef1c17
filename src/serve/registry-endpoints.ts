import type { Logger } from 'pino';
import { z } from 'zod';
import { json } from '../api/answer.js';
import { type Endpoint, get, post } from '../api/endpoint.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { registryErrors } from '../contract/errors/registry-errors.js';
import { okSchema } from '../contract/responses.js';
import type { ClusterRegistry } from '../plane/service-images.js';
import type { ControlPlane } from '../platform/control-plane.js';
import { EVENTS_PATH, TOKEN_PATH } from '../registry/paths.js';
import { notificationSchema, type Push, pushesIn } from '../registry/pushes.js';
import { parseScopes } from '../registry/scope.js';
import type { RegistryTokenService } from './registry-token-service.js';

const texts = z.union([z.string(), z.array(z.string())]);

const grantSchema = z
  .object({ token: z.string(), access_token: z.string(), expires_in: z.number(), issued_at: z.string() })
  .meta({ id: 'RegistryToken' });

/** Declares the endpoints for the registry and its clients. */
export function registryEndpoints(
  tokens: RegistryTokenService,
  own: ClusterRegistry,
  controlPlane: ControlPlane,
  log: Logger,
): Endpoint[] {
  /** Records a push, unless its service has been deleted in the meantime. */
  const note = async (push: Push) => {
    const { account, service, tag, digest, actor } = push;
    try {
      await controlPlane.account({ account, actor }).service(service);
    } catch (error) {
      if (error instanceof JamdevError && error.code === 'ServiceNotFound') return;
      throw error;
    }
    await own.pushed.note(push);
    log.info({ account, service, tag, digest, actor }, 'image pushed');
  };

  return [
    get(TOKEN_PATH, {
      summary: 'Access to the registry, for docker: log in with the account and an API token, by Basic authentication',
      // The endpoint checks credentials itself.
      scope: 'public',
      query: z.object({ scope: texts.optional().describe('As in repository:acme/doc:pull,push; may be repeated') }),
      answer: json(grantSchema),
      errors: [
        'Unauthorized',
        'TooManyAttempts',
        'AccountNotAllowed',
        'ScopeMissing',
        'ServiceNotFound',
        'RegistryUnavailable',
      ],
      handle: ({ query, response }) => tokens.issue(response.req, parseScopes([query.scope ?? []].flat())),
    }),

    post(EVENTS_PATH, {
      summary: 'Receives notifications of the registry, authenticated by the secret in its config',
      scope: 'public',
      admit: ({ headers }) => {
        if (!own.registry.isNotification(headers.authorization)) throw registryErrors.notificationRefused();
      },
      body: notificationSchema,
      answer: json(okSchema),
      errors: ['Unauthorized'],
      handle: async ({ body }) => {
        for (const push of pushesIn(body, new Date())) await note(push);
        return { status: 'ok' };
      },
    }),
  ];
}
