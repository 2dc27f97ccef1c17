import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Dice } from '../crash/dice.js';
import { waitFor } from '../support/wait.js';
import { type ActionWorld, actByChance } from './actions.js';
import { DevServer } from './dev-server.js';
import { hasTooManyDescriptors, type Sample } from './figures.js';
import { HolderRecorder } from './holders.js';
import { type Life, SoakLedger } from './ledger.js';
import { findLeftovers, findSurvivors, type Leftovers, removeImages } from './leftovers.js';
import { type RuntimeName, SoakProject } from './project.js';
import { Session } from './session.js';

/** Sessions that are in constant use. */
const SESSIONS = 6;
/** The part of the time in which the dev server is killed repeatedly; in the rest one stays alive and is measured. */
const KILLING_SHARE = 0.4;
const LONGEST_LIFE_MS = 6_000;
/** A minimum even on slow machines: fewer would prove nothing. */
const LEAST_KILLS = 2;
const RESTS = 9;
const LONGEST_PAUSE_MS = 120;
const REST_DEADLINE_MS = 60_000;

export interface CourseOptions {
  /** The repository's root, with the built command line. */
  repository: string;
  runtime: RuntimeName;
  /** The address of this machine as backends reach it. */
  host: string;
  minutes: number;
  seed: number;
  /** Ends the soak early: its promise rejects once nothing is left. */
  signal: AbortSignal;
}

/** The results of a soak with one runtime. */
export interface CourseReport {
  runtime: RuntimeName;
  counts: ReadonlyMap<string, number>;
  doubles: readonly string[];
  lost: readonly string[];
  /** Survivors of killed dev servers, when the next one was ready. */
  survivors: readonly string[];
  leftovers: Leftovers;
  /** Dev servers that exited unexpectedly, with their last output. */
  failures: readonly string[];
  /** Of the dev server that lived longest, without backends. */
  samples: readonly Sample[];
}

/** A soak with one runtime: a project, its dev servers one after the other, and their sessions. */
export class Course {
  readonly #options: CourseOptions;
  readonly #project: SoakProject;
  readonly #recorder: HolderRecorder;
  readonly #name = `soak-${randomBytes(4).toString('hex')}`;
  readonly #ledger = new SoakLedger();
  readonly #survivors: string[] = [];
  readonly #failures: string[] = [];
  readonly #samples: Sample[] = [];
  #life = 0;
  #action = 0;
  /** Reports of backends before this life. */
  #earlierReports = 0;

  private constructor(options: CourseOptions, recorder: HolderRecorder) {
    this.#options = options;
    this.#recorder = recorder;
    this.#project = new SoakProject(options.repository, options.runtime);
  }

  static async run(options: CourseOptions): Promise<CourseReport> {
    const recorder = await HolderRecorder.listen();
    const course = new Course(options, recorder);
    try {
      return await course.#run();
    } finally {
      recorder.close();
      await removeImages(course.#project);
      course.#project.remove();
    }
  }

  async #run(): Promise<CourseReport> {
    const { runtime, minutes, seed } = this.#options;
    const dice = new Dice(seed);
    const startedAtMs = performance.now();
    const isKillingOver = () => performance.now() - startedAtMs > minutes * 60_000 * KILLING_SHARE;
    for (let kills = 0; kills < LEAST_KILLS || !isKillingOver(); kills += 1) {
      await this.#live((world) =>
        this.#actFor(world, dice.below(LONGEST_LIFE_MS), async () => {
          world.life.isOver = true;
          await world.server.kill();
        }),
      );
      this.#ledger.count('kills of the dev server');
    }
    await this.#live(async (world) => {
      await this.#measure(world.server);
      const restingMs = (startedAtMs + minutes * 60_000 - performance.now()) / RESTS;
      for (let rests = 0; rests < RESTS; rests += 1) {
        await this.#actFor(world, restingMs);
        await this.#rest(world);
      }
    });
    const leftovers = await findLeftovers(this.#project, this.#name, this.#recorder.ports);
    return {
      runtime,
      counts: this.#ledger.counts,
      doubles: this.#recorder.doubles,
      lost: this.#ledger.lost,
      survivors: this.#survivors,
      leftovers,
      failures: this.#failures,
      samples: this.#samples,
    };
  }

  /** Starts a dev server, runs actions that end it, and checks how it ended. */
  async #live(work: (world: ActionWorld) => Promise<void>): Promise<void> {
    const { repository, host, seed } = this.#options;
    this.#life += 1;
    this.#earlierReports = this.#recorder.reports;
    this.#project.saveGood();
    const tag = `${this.#name}-${this.#life}`;
    const server = await DevServer.start(repository, this.#project, tag, `${host} ${this.#recorder.port}`);
    const life: Life = { isOver: false };
    const sessions: Session[] = [];
    const dice = new Dice(seed + this.#life);
    const world: ActionWorld = {
      ...{ server, life, sessions, dice, background: new Set(), ledger: this.#ledger, project: this.#project },
    };
    for (let index = 0; index < SESSIONS; index += 1) {
      sessions.push(new Session(`key-${index}`, { ...world, dice: new Dice(dice.below(2 ** 31)) }));
    }
    try {
      const info = JSON.parse((await server.ask('/_jamdev/info'))?.text ?? '{}') as { run_id?: string };
      this.#survivors.push(...(await findSurvivors(this.#project, this.#name, this.#life, info.run_id ?? '')));
      await work(world);
    } finally {
      life.isOver = true;
      await server.stop();
      if (server.hasFailed) this.#failures.push(server.output);
    }
  }

  /**
   * Runs sessions, with actions on them and on the dev server.
   * @param atTheEnd runs while the sessions are still active
   */
  async #actFor(world: ActionWorld, ms: number, atTheEnd = async () => {}): Promise<void> {
    const closing = new AbortController();
    const running = Promise.all(world.sessions.map((session) => session.run(closing.signal)));
    const startedAtMs = performance.now();
    try {
      do {
        this.#action += 1;
        // A separate generator, so that the same seed does the same whatever happened before.
        const dice = new Dice(this.#options.seed + this.#action);
        await actByChance({ ...world, dice });
        this.#options.signal.throwIfAborted();
        if (world.server.hasEnded) throw new Error(`jamdev dev ended:\n${world.server.output}`);
        await pause(dice.below(LONGEST_PAUSE_MS));
      } while (performance.now() - startedAtMs < ms);
      await atTheEnd();
    } finally {
      closing.abort();
      await running;
      await Promise.all(world.background);
    }
  }

  /** Ends all sessions, and measures the dev server once it has freed what they used. */
  async #rest({ server }: ActionWorld): Promise<void> {
    const ended = await server.ask('/service/-/-/terminate-backends', { hard: true });
    if (ended?.status !== 200) throw new Error(`terminate-backends: ${ended?.text}`);
    await waitFor(
      async () => (await server.ask('/v2/account/-/backends'))?.text.includes('"running_backends":[]'),
      'all backends to end',
      REST_DEADLINE_MS,
    );
    // Closing takes a moment longer. Whatever stays shows in the figures.
    const isSettled = () => !hasTooManyDescriptors([...this.#samples, { descriptors: server.descriptors() }]);
    await waitFor(isSettled, 'descriptors to be closed', REST_DEADLINE_MS).catch(() => undefined);
    await this.#measure(server);
  }

  async #measure(server: DevServer): Promise<void> {
    const { heapUsed: heapBytes, rss: rssBytes } = await server.settledMemory();
    const backends = this.#recorder.reports - this.#earlierReports;
    this.#samples.push({ backends, descriptors: server.descriptors(), heapBytes, rssBytes });
  }
}
