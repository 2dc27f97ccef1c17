import type { z } from 'zod';
import {
  type DeployedJson,
  type DeploymentJson,
  deployedSchema,
  deploymentsSchema,
  type EnvironmentStateJson,
  environmentStateSchema,
  environmentsSchema,
  type SessionPolicy,
} from '../../../contract/deployments.js';
import { servePrefix } from '../../../contract/dev-prefix.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { okSchema } from '../../../contract/responses.js';
import { imageNameSchema } from '../../../contract/services.js';
import { type ApiLogin, findLogin } from '../../client/api-token.js';
import { parseApiUrl } from '../../client/api-url.js';
import { clientErrors } from '../../client/client-errors.js';
import { greetServer } from '../../client/greet-server.js';
import { ServeClient } from '../../client/serve-client.js';

/** A client for the deployments of a `jamdev serve`. */
export class DeployClient {
  readonly #client: ServeClient;
  readonly login: ApiLogin;

  private constructor(client: ServeClient, login: ApiLogin) {
    this.#client = client;
    this.login = login;
  }

  /**
   * Connects to a `jamdev serve`.
   * @param api `--api`; default: JAMDEV_API_URL
   * @throws JamdevError `Usage` if neither is set, or if the server is a dev server
   */
  static async open(api: string | undefined, signal: AbortSignal): Promise<DeployClient> {
    const named = api ?? process.env.JAMDEV_API_URL ?? '';
    if (named === '') throw clientErrors.serveUnnamed();
    const url = parseApiUrl(named);
    if (!(await greetServer({ apiUrl: url }, signal)).isServe) throw clientErrors.devServerDeploysNothing(url);
    const login = await findLogin(process.env);
    return new DeployClient(new ServeClient(url, login.token, signal), login);
  }

  /** Returns the repository, in the platform's registry, for a service's images. */
  async repository(service: string): Promise<string> {
    const path = `/service/${this.#account}/${encodeURIComponent(service)}/image-name`;
    return (await this.#client.send('GET', path, imageNameSchema)).imageName;
  }

  async hasService(service: string): Promise<boolean> {
    try {
      await this.environments(service);
      return true;
    } catch (error) {
      if (error instanceof JamdevError && error.code === 'ServiceNotFound') return false;
      throw error;
    }
  }

  async createService(service: string): Promise<void> {
    await this.#client.send('POST', `/v2/account/${this.#account}/service`, okSchema, { name: service });
  }

  async environments(service: string): Promise<EnvironmentStateJson[]> {
    return (await this.#send('GET', `${encodeURIComponent(service)}/environments`, environmentsSchema)).environments;
  }

  deploy(service: string, environment: string, image: string): Promise<DeployedJson> {
    return this.#change(service, environment, 'deploy', deployedSchema, { image });
  }

  /** @param to the id of a deployment; undefined: the last one with another image */
  rollback(service: string, environment: string, to?: number): Promise<DeployedJson> {
    return this.#change(service, environment, 'rollback', deployedSchema, { to });
  }

  /** Returns the deployments, newest first. */
  async deployments(service: string, environment: string): Promise<DeploymentJson[]> {
    const path = [service, 'environment', environment, 'deployments'].map(encodeURIComponent).join('/');
    return (await this.#send('GET', path, deploymentsSchema)).deployments;
  }

  promote(service: string, from: string, to: string): Promise<DeployedJson> {
    return this.#change(service, to, 'promote', deployedSchema, { from });
  }

  /** Starts ending the sessions that run an earlier image, according to the policy. */
  settle(service: string, environment: string, policy: SessionPolicy): Promise<EnvironmentStateJson> {
    return this.#change(service, environment, 'sessions', environmentStateSchema, { policy });
  }

  #change<T>(service: string, environment: string, what: string, answer: z.ZodType<T>, body?: unknown): Promise<T> {
    const path = [service, 'environment', environment, what].map(encodeURIComponent).join('/');
    return this.#send('POST', path, answer, body);
  }

  #send<T>(method: 'GET' | 'POST', path: string, answer: z.ZodType<T>, body?: unknown): Promise<T> {
    return this.#client.send(method, `${servePrefix(this.#account)}/service/${path}`, answer, body);
  }

  get #account(): string {
    return encodeURIComponent(this.login.account);
  }
}
