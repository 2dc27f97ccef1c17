import { JamdevError } from '../contract/errors/jamdev-error.js';

/** Why changes to a path go unnoticed, and what to do, by the system's error code. */
const WHY_UNWATCHABLE: Record<string, [why: string, remedy: string]> = {
  EACCES: ['this user may not read it (EACCES)', 'Change its mode'],
  EPERM: ['this user may not read it (EPERM)', 'Change its mode'],
  ELOOP: ['it is a link that leads back to itself (ELOOP)', 'Correct the link'],
  ENAMETOOLONG: ['its path is too long for the system (ENAMETOOLONG)', 'Shorten it'],
  EPSEUDO: ['it is on a file system of the kernel, which holds no saved files', 'Watch another path'],
};

/** Errors about changes that go unnoticed. */
export const watchErrors = {
  watchedPathMissing: (path: string) =>
    new JamdevError(
      'WatchFailed',
      `Watched path ${path} does not exist.`,
      'Correct "watch" if that is a mistake: the path is watched as soon as it exists.',
    ),
  /** @param code the system's error code, such as EACCES */
  pathUnwatchable: (path: string, code: string) => {
    const [why, remedy] = WHY_UNWATCHABLE[code] ?? [`it can't be read (${code})`, 'Check it'];
    return new JamdevError(
      'WatchFailed',
      `Changes to ${path} go unnoticed: ${why}.`,
      `${remedy}, or add it to "ignore" in the config. Everything else is watched.`,
    );
  },
  morePathsUnwatchable: (told: number) =>
    new JamdevError(
      'WatchFailed',
      `Changes to more than ${told} paths go unnoticed.`,
      'JAMDEV_DEBUG=1 lists all of them. Add them to "ignore" in the config, or change their mode. Everything else is watched.',
    ),
  /** @param folders the number of folders that are not watched; `example` is one of them */
  watchLimitReached: (code: string, folders: number, example: string) => {
    const limit = code === 'ENOSPC' ? 'max_user_watches' : 'max_user_instances';
    const what = folders === 1 ? `the folder ${example}` : `${folders} folders, such as ${example},`;
    return new JamdevError(
      'WatchFailed',
      `Changes in ${what} go unnoticed: this user's limit of watches is reached (${code}).`,
      `Raise it: sudo sysctl fs.inotify.${limit}=${code === 'ENOSPC' ? 524_288 : 1024}; or watch less ("watch" and "ignore" in the config). Everything else is watched.`,
    );
  },
  linkedTreeTooLarge: (path: string, limit: number) =>
    new JamdevError(
      'WatchFailed',
      `Changes in ${path} and in further folders reached by links go unnoticed: links lead to more than ${limit} files.`,
      'Name the folders that matter in "watch", or add the link to "ignore" in the config. Everything else is watched.',
    ),
  ignoredProjectWatched: (folder: string) =>
    new JamdevError(
      'WatchFailed',
      `Git ignores the whole folder ${folder}, so ignore rules from the folders above it are not applied.`,
      'The .gitignore files in it and "ignore" in the config are applied.',
    ),
  watchedByPolling: (folder: string, why: string) =>
    new JamdevError(
      'WatchFailed',
      `Files in ${folder} are checked for changes every 300 ms, since its file system (${why}) does not report them.`,
      'To rely on file events alone, set "poll": false in the config.',
    ),
};
