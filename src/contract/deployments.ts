import { z } from 'zod';
import { timeSchema } from './status.js';

/** How an environment came to run what it runs. */
const DEPLOY_ACTIONS = ['deploy', 'rollback', 'promote', 'use-image'] as const;
export type DeployAction = (typeof DEPLOY_ACTIONS)[number];

/** What happens to the sessions that still run an earlier image. */
export const SESSION_POLICIES = ['keep', 'drain', 'now'] as const;
export type SessionPolicy = (typeof SESSION_POLICIES)[number];

const deploymentSchema = z
  .object({
    id: z.number(),
    image: z.string().nullable().describe('A full reference, or a digest. Null: the newest push.'),
    action: z.enum(DEPLOY_ACTIONS),
    origin: z.number().nullable().describe('Of a rollback: the deployment that it went back to.'),
    actor: z.string(),
    time: timeSchema,
  })
  .meta({ id: 'Deployment' });
export type DeploymentJson = z.infer<typeof deploymentSchema>;

const sessionsSchema = z.object({
  current: z.number().describe('How many run the image of the environment.'),
  earlier: z.array(z.object({ id: z.string(), key: z.string(), status: z.string() })),
});

/** An environment of a service. It is the answer of `POST .../environment/:environment/sessions` as well. */
export const environmentStateSchema = z
  .object({
    environment: z.string(),
    image: z.string().nullable().describe('What new sessions run; null: nothing yet.'),
    pinned: z.boolean().describe('Whether it stays so until it is changed; else a push changes it.'),
    deployment: deploymentSchema.nullable().describe('The last one; null: there was none.'),
    sessions: sessionsSchema,
  })
  .meta({ id: 'EnvironmentState' });
export type EnvironmentStateJson = z.infer<typeof environmentStateSchema>;

/** `GET .../service/:service/environments`. */
export const environmentsSchema = z.object({ service: z.string(), environments: z.array(environmentStateSchema) });

/** `GET .../environment/:environment/deployments`, the newest first. */
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
  .strictObject({ from: z.string().min(1).describe('The environment whose image is taken over.') })
  .meta({ id: 'PromoteRequest' });

/** Answer of deploy, rollback and promote. */
export const deployedSchema = z.object({
  service: z.string(),
  environment: z.string(),
  changed: z.boolean().describe('False: it was set to this image already.'),
  deployment: deploymentSchema,
  previous: deploymentSchema.nullable().describe('The deployment before this one.'),
});
export type DeployedJson = z.infer<typeof deployedSchema>;

/** Body of `POST .../environment/:environment/sessions`. */
export const settleRequestSchema = z
  .strictObject({ policy: z.enum(SESSION_POLICIES).describe('keep: nothing is ended; drain: softly; now: by force.') })
  .meta({ id: 'SettleRequest' });
