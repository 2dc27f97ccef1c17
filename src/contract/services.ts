import { z } from 'zod';
import { timeSchema } from './status.js';

/** `GET /v2/account/:account/services`. */
export const serviceListSchema = z.object({ services: z.array(z.string()) });

/** Body of `POST /v2/account/:account/service`. */
export const createServiceSchema = z.object({ name: z.string() }).meta({ id: 'CreateServiceRequest' });

/** Body of `POST /v2/service/:account/:service/update`: a tag or digest. */
export const useImageSchema = z.object({ image_tag: z.string().min(1) }).meta({ id: 'UseImageRequest' });

/** An environment of a service, and its image. */
const environmentSchema = z
  .object({
    name: z.string(),
    image_tag: z.string(),
    cluster: z.string(),
    created_at: timeSchema,
    last_spawned_at: timeSchema.nullable(),
  })
  .meta({ id: 'Environment' });

/** `GET /v2/service/:account/:service`. */
export const serviceInfoSchema = z
  .object({
    name: z.string(),
    account_name: z.string(),
    created_at: timeSchema,
    last_spawned_at: timeSchema.nullable(),
    last_image_upload_time: timeSchema.nullable(),
    last_image_digest: z.string().nullable(),
    image_name: z.string(),
    environments: z.array(environmentSchema),
  })
  .meta({ id: 'ServiceInfo' });
export type ServiceInfo = z.infer<typeof serviceInfoSchema>;

/** `GET /v2/service/:account/:service/images`, newest first. */
export const imagesSchema = z.object({
  images: z.array(
    z
      .object({ repository: z.string(), digest: z.string(), tag: z.string(), upload_time: timeSchema })
      .meta({ id: 'Image' }),
  ),
});

/** A denial of a registry. */
export const registryRefusalSchema = z.object({
  errors: z.array(z.object({ code: z.literal('DENIED'), message: z.string() })),
});

/** `GET /service/:account/:service/image-name`. */
export const imageNameSchema = z.object({ status: z.literal('ok'), imageName: z.string() });
