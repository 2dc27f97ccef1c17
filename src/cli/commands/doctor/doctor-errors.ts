import { JamdevError } from '../../../contract/errors/jamdev-error.js';

/** Problems that `doctor` reports. */
export const doctorErrors = {
  nodeTooOld: (version: string, needed: string) =>
    new JamdevError(
      'NotSupported',
      `Node.js ${version} is too old; jamdev needs ${needed} or newer.`,
      'Install a newer one: https://nodejs.org/en/download',
    ),
  windows: () =>
    new JamdevError(
      'NotSupported',
      'jamdev does not run on Windows itself.',
      'Use it in WSL: https://learn.microsoft.com/windows/wsl/install',
    ),
  buildKitMissing: (what: string, remedy: string) =>
    new JamdevError(
      'NotSupported',
      `BuildKit is missing, which this project needs (${what}).`,
      `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`,
    ),
  emulationMissing: (platform: string, arch: string, engine: string) =>
    new JamdevError(
      'NotSupported',
      `Images for ${platform} do not run on this Docker Engine (${engine}): no emulation is installed.`,
      `Install it (docker run --privileged --rm tonistiigi/binfmt --install ${arch}), or build for this machine: "platform": "native"`,
    ),
  emulationUnknown: (platform: string, engine: string) =>
    new JamdevError(
      'NotSupported',
      `jamdev can't tell whether images for ${platform} run on this Docker Engine (${engine}).`,
      `Try it (docker run --rm --platform ${platform} busybox true), or build for this machine: "platform": "native"`,
    ),
  watchesShort: (needed: number, used: number, limit: number) =>
    new JamdevError(
      'WatchFailed',
      `Watching ${needed} folders needs ${needed} watches, but ${used} of this user's ${limit} watches are in use.`,
      `Watch fewer folders ("watch" in the config), or raise the limit: sudo sysctl fs.inotify.max_user_watches=${Math.max(524_288, limit * 2)}`,
    ),
  watchersShort: (limit: number) =>
    new JamdevError(
      'WatchFailed',
      `All of this user's ${limit} file watchers are in use.`,
      `Stop programs that watch files, or raise the limit: sudo sysctl fs.inotify.max_user_instances=${limit * 2}`,
    ),
  leftBehind: (things: string[]) =>
    new JamdevError(
      'LeftBehind',
      `A crashed dev server left these behind: ${things.join(', ')}.`,
      'The next jamdev dev in this folder removes them.',
    ),
};
