import type { Engine } from '../docker-engine/engine.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { stageName } from './image-name.js';
import { listImageNames, removeTag } from './leftovers.js';

/** Matches "Step 2/3 : RUN true"; for Podman, "[1/2] STEP 2/3: RUN true". */
const STEP = /^(?:\[\d+\/\d+\] )?step \d+\/\d+ ?: (\w+)/i;
/** Matches " ---> 0123456789ab"; for Podman, "--> 0123456789a". */
const IMAGE = /^ ?--+> ([0-9a-f]{11,12})$/;
/** The classic builder prints this right after the step. Podman appends the id. */
const FROM_CACHE = /^ ?--+> Using cache/;
/** Podman prefixes the name with a registry. */
const OWN_NAME = /^(?:docker\.io\/|localhost\/)?jamdev\//;

/** The engine's description of an image. */
interface Inspected {
  RepoTags: string[] | null;
  /** ISO 8601. */
  Created: string;
}

/** The last image of a stage. */
interface StageImage {
  /** The id's first digits, as the builder prints them. */
  id: string;
  /** Whether it is older than this build. */
  isCached: boolean;
}

/**
 * Follows the output of the classic builder or of Podman. Both leave an unnamed image for each stage that is not part of the
 * result, and for a failed step. BuildKit leaves none.
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

  /** Starts to follow a build. Call it before the build. */
  static async follow(engine: Engine): Promise<ClassicStages> {
    return new ClassicStages(engine, await engine.now());
  }

  hear(line: string): void {
    const step = STEP.exec(line);
    // Only the first line of a step is the builder's; later lines may be output of the step's command.
    if (this.#isFirstOfStep) this.#isCached = FROM_CACHE.test(line);
    this.#isFirstOfStep = step !== null;
    if (step !== null) this.#isBase = step[1]?.toUpperCase() === 'FROM';
    if (step !== null && this.#isBase) this.#last.push(undefined);
    const [, id] = IMAGE.exec(line) ?? [];
    // The first image of a stage is its base image, which belongs to someone else.
    if (id === undefined || this.#isBase || this.#last.length === 0) return;
    this.#last[this.#last.length - 1] = { id, isCached: this.#isCached };
  }

  /**
   * Names the images that this build left behind, so that they are found and removed with its image. Images of others are
   * not touched, even if a step was taken from them or printed their ids.
   * @param digest the digest of the built image; '' if the build failed
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
    // The engine's timestamps have a resolution of one second, so the age alone is not enough.
    return !isCached && Date.parse(found.Created) >= this.#startedAtMs;
  }
}

/**
 * Removes an image and the other images that its build left behind. An image used by a container stays.
 * @returns whether the image is gone
 */
export async function removeImage(engine: Engine, image: string): Promise<boolean> {
  const stages = await listImageNames(engine, stageName(image, '*')).catch(ignoreError('docker', 'listing stages', []));
  const names = stages.filter((name) => name.startsWith(stageName(image, '')));
  await Promise.all(names.map((name) => removeTag(engine, name)));
  return removeTag(engine, image);
}

/**
 * Removes the images that a run's failed builds left behind, once a later build has succeeded with the same steps.
 * @param image the image that was built
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
