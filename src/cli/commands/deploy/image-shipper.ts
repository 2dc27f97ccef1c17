import type { DeployableService } from '../../../config/deploy-config.js';
import type { Engine } from '../../../docker-engine/engine.js';
import type { RegistryLogin } from '../../../docker-engine/engine-http.js';
import { buildForDeployment } from '../../../images/deploy-image.js';
import { pushImage } from '../../../images/push-image.js';
import type { CommandIo } from '../../io.js';
import { formatDuration } from '../../terminal/duration.js';
import { Printed } from '../../terminal/text.js';
import type { DeployOptions } from './deploy.js';
import type { DeployClient } from './deploy-client.js';

/** How many digits of an image's id are in its tag. The same image always gets the same tag. */
const TAG_DIGITS = 12;

/** Builds images and pushes them to the registry that the drones pull from. */
export class ImageShipper {
  readonly #engine: Engine;
  readonly #client: DeployClient;
  readonly #options: DeployOptions;
  readonly #io: CommandIo;

  constructor(engine: Engine, client: DeployClient, options: DeployOptions, io: CommandIo) {
    this.#engine = engine;
    this.#client = client;
    this.#options = options;
    this.#io = io;
  }

  /** @returns the id of the image @throws JamdevError `BuildFailed` */
  async build({ name, build, project }: DeployableService & { project: string }): Promise<string> {
    const start = performance.now();
    const id = await buildForDeployment(this.#engine, project, build, this.#io.signal, (line) => this.#show(line));
    this.#say(`${name}: built in ${formatDuration(performance.now() - start)}.`);
    return id;
  }

  /**
   * Pushes an image, and creates its service if it does not exist.
   * @returns the image's reference, with the digest
   * @throws JamdevError `PushFailed`
   */
  async push(service: DeployableService, id: string): Promise<string> {
    const { name } = service;
    if (!(await this.#client.hasService(name))) {
      await this.#client.createService(name);
      this.#say(`${name}: created the service.`);
    }
    const target = await this.#targetOf(service);
    const tag = `jamdev-${id.replace(/^sha256:/, '').slice(0, TAG_DIGITS)}`;
    this.#say(`${name}: pushing ${target.repository}:${tag}`);
    return pushImage(this.#engine, { image: id, tag, ...target }, this.#io.signal, (line) => this.#show(line));
  }

  async #targetOf({
    name,
    image,
  }: DeployableService): Promise<{ repository: string; login: RegistryLogin | undefined }> {
    const own = this.#options.image ?? image;
    if (own !== undefined) return { repository: repositoryIn(own), login: undefined };
    const repository = await this.#client.repository(name);
    const [serveraddress = '', username = ''] = repository.split('/');
    const password = this.#client.login.token;
    return { repository, login: password === undefined ? undefined : { username, password, serveraddress } };
  }

  #say(text: string): void {
    if (!this.#options.json) this.#io.err(text);
  }

  #show(line: string): void {
    if (!this.#options.json) this.#io.err(new Printed(line));
  }
}

/** Returns a reference without its tag and digest. */
function repositoryIn(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}
