import { z } from 'zod';
import { timeSchema } from './status.js';

/** The action that set the image of an environment. */
const DEPLOY_ACTIONS = ['deploy', 'rollback', 'promote', 'use-image'] as const;
export type DeployAction = (typeof DEPLOY_ACTIONS)[number];

/** What to do with sessions that still run an earlier image. */
export const SESSION_POLICIES = ['keep', 'drain', 'now'] as const;
export type SessionPolicy = (typeof SESSION_POLICIES)[number];

const deploymentSchema = z
  .object({
    id: z.number(),
    image: z.string().nullable().describe('A full reference or a digest. Null: the newest push.'),
    action: z.enum(DEPLOY_ACTIONS),
    origin: z.number().nullable().describe('Of a rollback: the deployment that it went back to.'),
    actor: z.string(),
    time: timeSchema,
  })
  .meta({ id: 'Deployment' });
export type DeploymentJson = z.infer<typeof deploymentSchema>;

const sessionsSchema = z.object({
  current: z.number().describe('How many sessions run the current image of the environment.'),
  earlier: z.array(z.object({ id: z.string(), key: z.string(), status: z.string() })),
});

/** An environment of a service. Also the answer of `POST .../environment/:environment/sessions`. */
export const environmentStateSchema = z
  .object({
    environment: z.string(),
    image: z.string().nullable().describe('The image of new sessions; null: none yet.'),
    pinned: z.boolean().describe('Whether the image is fixed until the next change; if not, a push changes it.'),
    deployment: deploymentSchema.nullable().describe('The last deployment; null: there was none.'),
    sessions: sessionsSchema,
  })
  .meta({ id: 'EnvironmentState' });
export type EnvironmentStateJson = z.infer<typeof environmentStateSchema>;

/** `GET .../service/:service/environments`. */
export const environmentsSchema = z.object({ service: z.string(), environments: z.array(environmentStateSchema) });

/** `GET .../environment/:environment/deployments`, newest first. */
export const deploymentsSchema = z.object({ deployments: z.array(deploymentSchema) });

/** Body of `POST .../environment/:environment/deploy`. */
export const deployRequestSchema = z
  .strictObject({
    image: z.string().min(1).describe('A full reference with a digest, or the tag or digest of a push.'),
  })
  .meta({ id: 'DeployRequest' });

/** Body of `POST .../environment/:environment/rollback`. */
export const rollbackRequestSchema = z
  .strictObject({
    to: z.int().positive().optional().describe('The id of a deployment. Default: the last one with another image.'),
  })
  .meta({ id: 'RollbackRequest' });

/** Body of `POST .../environment/:environment/promote`. */
export const promoteRequestSchema = z
  .strictObject({ from: z.string().min(1).describe('The environment to take the image from.') })
  .meta({ id: 'PromoteRequest' });

/** Answer of deploy, rollback and promote. */
export const deployedSchema = z.object({
  service: z.string(),
  environment: z.string(),
  changed: z.boolean().describe('False: the environment was already set to this image.'),
  deployment: deploymentSchema,
  previous: deploymentSchema.nullable().describe('The deployment before this one.'),
});
export type DeployedJson = z.infer<typeof deployedSchema>;

/** Body of `POST .../environment/:environment/sessions`. */
export const settleRequestSchema = z
  .strictObject({
    policy: z.enum(SESSION_POLICIES).describe('keep: end no session; drain: end them with SIGTERM; now: kill them.'),
  })
  .meta({ id: 'SettleRequest' });
