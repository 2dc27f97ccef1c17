import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { type DockerBuilder, findDockerBuilder } from '../../docker-engine/docker-builder.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { stateHomePlaces } from '../../records/state-home-places.js';
import { type BytePath, join, nameOf, relativeTo, toBytePath } from '../byte-path.js';
import type { WatchRequest } from '../watch-request.js';
import type { WatchedFolder } from '../watched-folder.js';
import { isIgnoredByDefault } from './default-ignores.js';
import { type DockerContext, ignoreFilesOf, readDockerRules } from './docker-rules.js';
import type { FolderRules, HasEntry } from './folder-rules.js';
import { findGitPlace } from './git-repository.js';
import { readGitRules } from './git-rules.js';
import { compileIgnoreOption } from './ignore-option.js';

/** The rules in a folder at which watching begins. */
export interface PlaceRules {
  rules: FolderRules;
  /** Rule files outside of the folder. When one changes, the rules must be read again. */
  sources: readonly BytePath[];
  /** Whether git ignores the folder itself. Rules from folders above it are not applied then. */
  isIgnored: boolean;
  /** The folder in which git creates its lock while it changes files. */
  gitDir: BytePath | undefined;
  /** Changes when the content of a file in `sources` changes. */
  signature: string;
}

/** The properties of a folder that are needed to decide about its entries. */
type RuledFolder = Pick<WatchedFolder, 'path' | 'shown' | 'rules'>;

/** Decides which files of a service are not watched. */
export class ServiceRules {
  readonly #request: WatchRequest;
  readonly #root: BytePath;
  readonly #askOption: ReturnType<typeof compileIgnoreOption>;
  /** If the project is a home folder, jamdev's own logs must not count as changes. */
  readonly #stateFolders = stateHomePlaces().map(toBytePath);
  #builder: Promise<DockerBuilder> | undefined;

  constructor(request: WatchRequest) {
    this.#request = request;
    this.#root = toBytePath(request.root);
    this.#askOption = compileIgnoreOption(request.ignore);
  }

  /** Reads the rules for a folder at which watching begins: absolute, without links. @throws the system's error */
  async read(folder: BytePath): Promise<PlaceRules> {
    if (this.#request.kind === 'process') {
      const { rules, isIgnored, sources, gitDir, texts } = await readGitRules(folder);
      return { rules, isIgnored, sources, gitDir, signature: digest(texts) };
    }
    const { rules, sources, text } = await readDockerRules(await this.#dockerContext(), folder);
    return { rules, isIgnored: false, sources, gitDir: findGitPlace(folder)?.gitDir, signature: digest([text]) };
  }

  /** Returns the files that define a container's image. They are watched wherever they are. */
  async buildFiles(): Promise<BytePath[]> {
    if (this.#request.kind === 'process') return [];
    const context = await this.#dockerContext();
    return [context.dockerfile, ...ignoreFilesOf(context)];
  }

  /** Whether an entry is excluded by `ignore`, by default, or by the rules of git or Docker. */
  ignores(folder: RuledFolder, name: string, isFolder: boolean): boolean {
    if (this.#stateFolders.includes(join(folder.path, name))) return true;
    const verdict = this.#askOption(shownIn(folder, name), isFolder);
    if (verdict !== undefined) return verdict === 'ignored';
    return isIgnoredByDefault(name, nameOf(folder.path)) || folder.rules.ignores(name, isFolder);
  }

  /** Reads the rules of a folder that is being entered. */
  enter(folder: RuledFolder, name: string, has: HasEntry): Promise<FolderRules> {
    const isIncluded = this.#askOption(shownIn(folder, name), true) === 'included';
    return folder.rules.enter(name, has, isIncluded);
  }

  /** Whether `ignore` excludes a named path. Nothing else can exclude it. */
  ignoresNamed(path: BytePath, isFolder: boolean): boolean {
    return this.#askOption(relativeTo(this.#root, path), isFolder) === 'ignored';
  }

  async #dockerContext(): Promise<DockerContext> {
    this.#builder ??= findDockerBuilder();
    const { root, dockerfile } = this.#request;
    const context = toBytePath(
      await realpath(root).catch(ignoreError('watch', 'resolving the root of a service', root)),
    );
    const path = dockerfile === undefined ? join(this.#root, 'Dockerfile') : toBytePath(dockerfile);
    return { context, dockerfile: path, builder: await this.#builder };
  }
}

function shownIn({ shown }: RuledFolder, name: string): BytePath {
  return shown === '' ? (name as BytePath) : join(shown, name);
}

function digest(texts: readonly string[]): string {
  const sum = createHash('sha1');
  for (const text of texts) sum.update(text, 'latin1').update('\0\0');
  return sum.digest('hex');
}
