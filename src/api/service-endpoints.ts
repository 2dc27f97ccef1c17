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
import { DEFAULT_ENVIRONMENT, type Service, type ServiceImage } from '../platform/services.js';
import { json } from './answer.js';
import type { ApiContext } from './context.js';
import { type Endpoint, get, post } from './endpoint.js';
import { accountName, LOCAL_CLUSTER } from './labels.js';

/** Services: which there are, what they run, and which images there are to run. */
export function serviceEndpoints({ platform, info }: ApiContext): Endpoint[] {
  const { services, images } = platform;
  /** Where `jamsocket push` is sent to. An image tagged with it counts as the service's own, pushed or not. */
  const imageName = (account: string, service: string) => `${new URL(info().api_url).host}/${account}/${service}`;
  const useImage = {
    summary: 'Chooses the image that new backends of the environment run, by tag or digest',
    body: useImageSchema,
    answer: json(okSchema),
    errors: ['ServiceNotFound', 'ImageNotFound', 'ConfigUnreadable'],
  } as const;

  return [
    get('/v2/account/:account/services', {
      summary: 'The names of the services: those in the config, and others that were created or used',
      answer: json(serviceListSchema),
      handle: () => ({ services: services.list().map(({ name }) => name) }),
    }),

    post('/v2/account/:account/service', {
      summary: 'Creates a service, until the dev server stops',
      body: createServiceSchema,
      answer: json(okSchema),
      errors: ['ServiceExists'],
      handle: ({ body }) => {
        services.create(body.name);
        return { status: 'ok' };
      },
    }),

    get('/v2/service/:account/:service', {
      summary: 'Everything about a service',
      answer: json(serviceInfoSchema),
      errors: ['ServiceNotFound'],
      handle: async ({ params }) => {
        const service = services.find(params.service);
        const [newest] = await images.list(service);
        const account = accountName(params.account);
        return toInfo(service, account, imageName(account, service.name), newest);
      },
    }),

    get('/v2/service/:account/:service/images', {
      summary: 'The images that a connect request can choose by tag',
      answer: json(imagesSchema),
      errors: ['ServiceNotFound'],
      handle: async ({ params }) => ({ images: (await images.list(services.find(params.service))).map(toImage) }),
    }),

    post('/v2/service/:account/:service/update', {
      ...useImage,
      handle: async ({ params, body }) => {
        await platform.useImage(params.service, DEFAULT_ENVIRONMENT, body.image_tag);
        return { status: 'ok' };
      },
    }),

    post('/v2/service/:account/:service/:environment/update', {
      ...useImage,
      handle: async ({ params, body }) => {
        await platform.useImage(params.service, params.environment, body.image_tag);
        return { status: 'ok' };
      },
    }),

    post('/v2/service/:account/:service/delete', {
      summary: 'Forgets a service that is not in the config and has no running backends',
      answer: json(okSchema),
      errors: ['ServiceNotFound', 'ServiceConfigured', 'ServiceInUse'],
      handle: ({ params }) => {
        platform.deleteService(params.service);
        return { status: 'ok' };
      },
    }),

    post('/service/:account/:service/terminate-backends', {
      summary: 'Ends the backends of a service, or only those created before a time',
      body: terminateBackendsRequestSchema,
      answer: json(terminateBackendsResultSchema),
      errors: ['ServiceNotFound'],
      handle: ({ params, body }) => {
        const { found, terminated } = platform.terminateService(params.service, body);
        return { backend_count: found, terminated_count: terminated, is_complete: terminated === found };
      },
    }),

    get('/service/:account/:service/image-name', {
      summary: 'The repository name for images of the service',
      answer: json(imageNameSchema),
      errors: ['ServiceNotFound'],
      handle: ({ params }) => ({
        status: 'ok',
        imageName: imageName(accountName(params.account), services.find(params.service).name),
      }),
    }),
  ];
}

function toInfo(service: Service, account: string, imageName: string, newest: ServiceImage | undefined): ServiceInfo {
  return {
    name: service.name,
    account_name: account,
    created_at: service.createdAt.toISOString(),
    last_spawned_at: service.lastSpawnedAt?.toISOString() ?? null,
    last_image_upload_time: newest?.since.toISOString() ?? null,
    last_image_digest: newest?.digest ?? null,
    image_name: imageName,
    environments: service.environments.map((environment) => ({
      name: environment.name,
      image_tag: environment.imageTag,
      cluster: LOCAL_CLUSTER,
      created_at: environment.createdAt.toISOString(),
      last_spawned_at: environment.lastSpawnedAt?.toISOString() ?? null,
    })),
  };
}

function toImage({ repository, tag, digest, since }: ServiceImage) {
  return { repository, digest, tag, upload_time: since.toISOString() };
}
