import { terminateBackendsRequestSchema } from '../contract/requests.js';
import { okSchema, terminateBackendsResultSchema } from '../contract/responses.js';
import {
  createServiceSchema,
  imageNameSchema,
  imagesSchema,
  type ServiceInfo,
  serviceInfoSchema,
  serviceListSchema,
  useImageSchema,
} from '../contract/services.js';
import type { ServiceView } from '../platform/control-plane.js';
import { DEFAULT_ENVIRONMENT, type ServiceImage } from '../platform/services.js';
import { json } from './answer.js';
import type { ApiContext } from './context.js';
import { type Endpoint, get, post } from './endpoint.js';

/** Declares the endpoints for services and their images. */
export function serviceEndpoints({ controlPlane, registryHost }: ApiContext): Endpoint[] {
  /**
   * Returns the repository to which `jamsocket push` pushes. An image with this name belongs to the service, even if it
   * was never pushed.
   */
  const imageName = (account: string, service: string) => `${registryHost()}/${account}/${service}`;
  const useImage = {
    summary: 'Chooses the image that new backends of the environment run, by tag or digest',
    scope: 'deploy',
    body: useImageSchema,
    answer: json(okSchema),
    errors: ['ServiceNotFound', 'ImageNotFound', 'ConfigUnreadable'],
  } as const;

  return [
    get('/v2/account/:account/services', {
      summary: 'Lists the services: those in the config, and others that were created or used',
      answer: json(serviceListSchema),
      handle: async ({ account }) => ({ services: await account.plane.services() }),
    }),

    post('/v2/account/:account/service', {
      summary: 'Creates a service',
      scope: 'deploy',
      body: createServiceSchema,
      answer: json(okSchema),
      errors: ['ServiceExists'],
      handle: async ({ account, body }) => {
        await account.plane.createService(body.name);
        return { status: 'ok' };
      },
    }),

    get('/v2/service/:account/:service', {
      summary: 'Everything about a service',
      answer: json(serviceInfoSchema),
      errors: ['ServiceNotFound'],
      handle: async ({ account, params }) => {
        const service = await account.plane.service(params.service);
        const [newest] = await account.plane.images(params.service);
        const image = imageName(account.name, service.name);
        return toInfo(service, { account: account.name, cluster: controlPlane.cluster, image }, newest);
      },
    }),

    get('/v2/service/:account/:service/images', {
      summary: 'The images that a connect request can choose by tag',
      answer: json(imagesSchema),
      errors: ['ServiceNotFound'],
      handle: async ({ account, params }) => ({ images: (await account.plane.images(params.service)).map(toImage) }),
    }),

    post('/v2/service/:account/:service/update', {
      ...useImage,
      handle: async ({ account, params, body }) => {
        await account.plane.useImage(params.service, DEFAULT_ENVIRONMENT, body.image_tag);
        return { status: 'ok' };
      },
    }),

    post('/v2/service/:account/:service/:environment/update', {
      ...useImage,
      handle: async ({ account, params, body }) => {
        await account.plane.useImage(params.service, params.environment, body.image_tag);
        return { status: 'ok' };
      },
    }),

    post('/v2/service/:account/:service/delete', {
      summary: 'Forgets a service that is not in the config and has no running backends',
      scope: 'deploy',
      answer: json(okSchema),
      errors: ['ServiceNotFound', 'ServiceConfigured', 'ServiceInUse'],
      handle: async ({ account, params }) => {
        await account.plane.deleteService(params.service);
        return { status: 'ok' };
      },
    }),

    post('/service/:account/:service/terminate-backends', {
      summary: 'Ends the backends of a service, or only those created before a time',
      scope: 'connect',
      body: terminateBackendsRequestSchema,
      answer: json(terminateBackendsResultSchema),
      errors: ['ServiceNotFound'],
      handle: async ({ account, params, body }) => {
        const { found, terminated } = await account.plane.terminateService(params.service, body);
        return { backend_count: found, terminated_count: terminated, is_complete: terminated === found };
      },
    }),

    get('/service/:account/:service/image-name', {
      summary: 'The repository name for images of the service',
      answer: json(imageNameSchema),
      errors: ['ServiceNotFound'],
      handle: async ({ account, params }) => ({
        status: 'ok',
        imageName: imageName(account.name, (await account.plane.service(params.service)).name),
      }),
    }),
  ];
}

function toInfo(
  service: ServiceView,
  named: { account: string; cluster: string; image: string },
  newest: ServiceImage | undefined,
): ServiceInfo {
  return {
    name: service.name,
    account_name: named.account,
    created_at: service.createdAt.toISOString(),
    last_spawned_at: service.lastSpawnedAt?.toISOString() ?? null,
    last_image_upload_time: newest?.since.toISOString() ?? null,
    last_image_digest: newest?.digest ?? null,
    image_name: named.image,
    environments: service.environments.map((environment) => ({
      name: environment.name,
      image_tag: environment.imageTag,
      cluster: named.cluster,
      created_at: environment.createdAt.toISOString(),
      last_spawned_at: environment.lastSpawnedAt?.toISOString() ?? null,
    })),
  };
}

function toImage({ repository, tag, digest, since }: ServiceImage) {
  return { repository, digest, tag, upload_time: since.toISOString() };
}
