import type { Driver } from '../drivers/driver.js';
import { Control } from './control.js';
import type { Connected, Stage } from './stage.js';

const OPTIONS = { key: 'shared', maxIdleSeconds: 3_600 };

/** One backend that many scenarios send requests to, each with its own connection token. */
export class SharedBackend {
  #control: Promise<Control> | undefined;

  constructor(private readonly driver: Driver) {}

  /** Sets its answers. */
  control(): Promise<Control> {
    this.#control ??= this.#start();
    return this.#control;
  }

  /** Connects a scenario to it. */
  async connect(stage: Stage, who: { user?: string; auth?: Record<string, unknown> }): Promise<Connected> {
    await this.control();
    const answer = await this.driver.connect({ ...OPTIONS, user: who.user, auth: who.auth });
    if (!answer.ok) throw new Error(`the shared backend refused a connect with ${answer.httpStatus}`);
    return stage.introduce('shared', answer);
  }

  async #start(): Promise<Control> {
    const connected = await this.driver.connect(OPTIONS);
    if (!connected.ok) throw new Error(`the shared backend was not spawned: ${connected.httpStatus}`);
    return new Control(`http://localhost:${this.driver.proxyPort}/${connected.token}/`);
  }
}
