import type { Engine } from '../docker-engine/engine.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { stageName } from './image-name.js';
import { listImageNames, removeTag } from './leftovers.js';

/** "Step 2/3 : RUN true"; Podman: "[1/2] STEP 2/3: RUN true". */
const STEP = /^(?:\[\d+\/\d+\] )?step \d+\/\d+ ?: (\w+)/i;
/** " ---> 0123456789ab"; Podman: "--> 0123456789a". */
const IMAGE = /^ ?--+> ([0-9a-f]{11,12})$/;
/** What the classic builder prints right after the step; Podman adds the id. */
const FROM_CACHE = /^ ?--+> Using cache/;
/** Podman puts the name of a registry in front. */
const OWN_NAME = /^(?:docker\.io\/|localhost\/)?jamdev\//;

/** What the engine says about an image. */
interface Inspected {
  RepoTags: string[] | null;
  /** ISO 8601. */
  Created: string;
}

/** The last image of a stage. */
interface StageImage {
  /** The first digits, as the builder prints them. */
  id: string;
  /** It is older than this build. */
  isCached: boolean;
}

/**
 * Follows the output of the classic builder, or of Podman's, which leaves an image without a name for each stage that the result does not
 * contain, and for a step that failed. BuildKit leaves none.
 */
export class ClassicStages {
  readonly #engine: Engine;
  readonly #startedAtMs: number;
  /** The last image of each stage. */
  readonly #last: (StageImage | undefined)[] = [];
  #isBase = false;
  #isFirstOfStep = false;
  #isCached = false;

  private constructor(engine: Engine, startedAtMs: number) {
    this.#engine = engine;
    this.#startedAtMs = startedAtMs;
  }

  /** Call it before the build. */
  static async follow(engine: Engine): Promise<ClassicStages> {
    return new ClassicStages(engine, await engine.now());
  }

  hear(line: string): void {
    const step = STEP.exec(line);
    // What comes later in a step may have been printed by its command.
    if (this.#isFirstOfStep) this.#isCached = FROM_CACHE.test(line);
    this.#isFirstOfStep = step !== null;
    if (step !== null) this.#isBase = step[1]?.toUpperCase() === 'FROM';
    if (step !== null && this.#isBase) this.#last.push(undefined);
    const [, id] = IMAGE.exec(line) ?? [];
    // The first image of a stage belongs to someone else.
    if (id === undefined || this.#isBase || this.#last.length === 0) return;
    this.#last[this.#last.length - 1] = { id, isCached: this.#isCached };
  }

  /**
   * Names what this build has left, to be found and removed with its image. Images of others, which a step may have been
   * taken from, or whose ids a step may have printed, are not touched.
   * @param digest of the image that was built; '': the build failed
   */
  async keep(image: string, digest: string): Promise<void> {
    const images = new Map(this.#last.flatMap((stage) => (stage === undefined ? [] : [[stage.id, stage]])));
    const left = [...images.values()].filter(({ id }) => !digest.startsWith(`sha256:${id}`));
    for (const [index, stage] of left.entries()) {
      if (!(await this.#isOwn(stage))) continue;
      const { id } = stage;
      const [repo, tag] = stageName(image, index + 1).split(':');
      await this.#engine.request('POST', `/images/${id}/tag`, { query: { repo, tag } });
    }
  }

  async #isOwn({ id, isCached }: StageImage): Promise<boolean> {
    const found = await this.#engine
      .request<Inspected>('GET', `/images/${id}/json`)
      .catch(ignoreError('docker', 'inspecting a stage'));
    if (found === undefined) return false;
    const names = found.RepoTags ?? [];
    if (names.length > 0) return names.every((name) => OWN_NAME.test(name));
    // The engine's time is known to the second, so its age alone does not tell.
    return !isCached && Date.parse(found.Created) >= this.#startedAtMs;
  }
}

/**
 * Removes an image and what its build left besides; one that a container uses stays.
 * @returns whether it is gone
 */
export async function removeImage(engine: Engine, image: string): Promise<boolean> {
  const stages = await listImageNames(engine, stageName(image, '*')).catch(ignoreError('docker', 'listing stages', []));
  const names = stages.filter((name) => name.startsWith(stageName(image, '')));
  await Promise.all(names.map((name) => removeTag(engine, name)));
  return removeTag(engine, image);
}

/**
 * Removes what failed builds of a run left, once a build has succeeded that made the same steps.
 * @param image the one that was built
 * @param kept names of images that are still in use
 */
export async function removeFailedStages(engine: Engine, image: string, kept: readonly string[]): Promise<void> {
  const pattern = image.replace(/-\d+$/, '-*');
  const numberOf = (name: string) => Number(/-(\d+)(?:-stage\d+)?$/.exec(name)?.[1]);
  const names = await listImageNames(engine, pattern).catch(ignoreError('docker', 'listing stages', []));
  const stale = names.filter(
    (name) =>
      name.startsWith(pattern.slice(0, -1)) &&
      /-stage\d+$/.test(name) &&
      numberOf(name) < numberOf(image) &&
      !kept.some((other) => name.startsWith(stageName(other, ''))),
  );
  await Promise.all(stale.map((name) => removeTag(engine, name)));
}
