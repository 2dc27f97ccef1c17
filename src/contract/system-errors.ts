import { quoteForShell } from './errors/quote-for-shell.js';

/** The operation on a path that failed. */
export type FileUse = 'read' | 'write' | 'run' | 'use';

/** The meaning of a system error, in words that follow a colon, and the next step. */
export interface SystemErrorText {
  reason: string;
  remedy: string;
}

/** The subject of an error without a path to show: "the output file". */
export interface Unnamed {
  phrase: string;
}

type Explain = (place: Place, use: FileUse) => SystemErrorText;

/** The subject of an error, worded for remedies. */
class Place {
  readonly #about: string | Unnamed;

  constructor(about: string | Unnamed) {
    this.#about = about;
  }

  toString(): string {
    return typeof this.#about === 'string' ? this.#about : this.#about.phrase;
  }

  /** Phrase for a path: "the path /a/b". */
  get path(): string {
    return typeof this.#about === 'string' ? `the path ${this.#about}` : `the path of ${this.#about.phrase}`;
  }

  /** Returns a command with the path, after some words; empty without a path. */
  command(before: string, command: string, after = ''): string {
    return typeof this.#about === 'string' ? `${before}${command} ${quoteForShell(this.#about)}${after}` : '';
  }
}

const MOUNT_AGAIN = 'Check the server and the network, mount the file system again, and try again.';

function permission(place: Place, use: FileUse): SystemErrorText {
  return {
    reason: `this user may not ${use} it`,
    remedy: `Check the owner and the mode of it and of the folders above it${place.command(': ', 'ls -ld') || '.'}`,
  };
}

const notSupported: Explain = () => ({
  reason: "its file system can't do that",
  remedy: 'Use a project on a local file system.',
});

function unreachable(reason: string): Explain {
  return () => ({ reason, remedy: MOUNT_AGAIN });
}

/**
 * Errors of file operations and program starts, by their POSIX names. Sources: errno(3),
 * open(2), write(2), mkdir(2), rename(2), execve(2) of Linux and the same pages of macOS.
 */
const EXPLANATIONS: Record<string, Explain> = {
  ENOSPC: (place) => ({
    reason: 'the disk is full',
    remedy: `Free some space on the file system of ${place} (df -h and df -i show how full it is).`,
  }),
  EDQUOT: (place) => ({
    reason: "this user's disk quota is used up",
    remedy: `Delete what you no longer need on the file system of ${place}, or ask for a larger quota (quota -s shows it).`,
  }),
  EFBIG: (_place, use) =>
    use === 'read'
      ? { reason: 'it is too large', remedy: 'Check that this is the right file.' }
      : {
          reason: 'the file would become larger than allowed',
          remedy: 'Raise the limit of file sizes in the shell: ulimit -f unlimited',
        },
  EROFS: (place) => ({
    reason: 'the file system is read-only',
    remedy: `Mount the file system of ${place} writable, or work in a copy on another one.`,
  }),
  EACCES: permission,
  EPERM: (place, use) => ({
    reason: `the system does not let this user ${use} it`,
    remedy: `Check the owner and flags of it${place.command(' (', 'ls -ld', ')')}, and whether a sandbox or security policy forbids it.`,
  }),
  ENOENT: (place, use) =>
    use === 'write'
      ? { reason: 'the folder it belongs in does not exist', remedy: `Create the folder, or check ${place.path}.` }
      : { reason: 'it does not exist', remedy: `Check ${place.path}.` },
  ENOTDIR: (place) => ({
    reason: 'a part of the path is a file, not a folder',
    remedy: `Move that file away, or check ${place.path}.`,
  }),
  EISDIR: (place) => ({
    reason: 'it is a folder, not a file',
    remedy: `Move that folder away, or check ${place.path}.`,
  }),
  ENOTREG: (place) => ({ reason: 'it is not a regular file', remedy: `Move it away, or check ${place.path}.` }),
  EEXIST: (place) => ({
    reason: 'the name is already in use',
    remedy: `Move ${place} away, or choose another name.`,
  }),
  ENOTEMPTY: (place) => ({ reason: 'the folder is not empty', remedy: `Move the content of ${place} away.` }),
  EXDEV: () => ({
    reason: "it can't be moved to another file system",
    remedy: 'Keep the folder on one file system, without mounts inside.',
  }),
  ELOOP: (place) => ({
    reason: 'its symbolic links form a loop, or it is a link where none is allowed',
    remedy: `Check the links of it${place.command(': ', 'ls -l') || '.'}`,
  }),
  ENAMETOOLONG: () => ({
    reason: 'the path is too long for the file system',
    remedy: 'Use a shorter name, or move the project to a folder with a shorter path.',
  }),
  EMFILE: () => ({
    reason: 'this process has no free file descriptors left',
    remedy: 'Raise the limit in the shell before you start it again: ulimit -n 4096',
  }),
  ENFILE: () => ({
    reason: "the system's table of open files is full",
    remedy: "End programs that keep many files open, or raise the system's limit (Linux: sudo sysctl fs.file-max).",
  }),
  EAGAIN: () => ({
    reason: 'the system is short of processes or memory for now',
    remedy: 'End other programs, or raise the limit of processes (ulimit -u), and try again.',
  }),
  ENOMEM: () => ({ reason: 'the system is out of memory', remedy: 'End other programs and try again.' }),
  E2BIG: () => ({
    reason: 'its arguments and environment are too large',
    remedy: 'Shorten them: on Linux, one environment variable may have 128 KiB, and all together about 2 MiB.',
  }),
  ENOEXEC: () => ({
    reason: 'it is not a program for this system',
    remedy: 'Check that it is built for this machine, or that a script begins with a line such as #!/bin/sh',
  }),
  ETXTBSY: () => ({ reason: 'it is being written right now', remedy: 'Wait until the write is done, and try again.' }),
  EBUSY: () => ({
    reason: 'the system or another program is using it',
    remedy: 'Close the programs that use it (lsof lists them), and try again.',
  }),
  EIO: (place) => ({
    reason: 'the device reports an input/output error',
    remedy: `Check the disk that holds ${place} (dmesg shows its errors), and back up its data.`,
  }),
  ENXIO: () => ({ reason: 'its device does not exist', remedy: 'Connect the device, or choose another path.' }),
  ENODEV: () => ({
    reason: 'its device does not exist',
    remedy: 'Connect the device, or choose another path.',
  }),
  ESTALE: unreachable('the file server no longer knows it'),
  ENOTCONN: unreachable('its file system is no longer connected'),
  EHOSTDOWN: unreachable('its file server is down'),
  ETIMEDOUT: unreachable('its file server does not answer'),
  EINVAL: (place) => ({
    reason: 'its file system does not support that name or operation',
    remedy: `Use a project on a local file system, or check ${place.path}.`,
  }),
  ENOTSUP: notSupported,
  EOPNOTSUPP: notSupported,
};

/** All error names that {@link explainSystemError} knows. */
export const EXPLAINED_ERRORS: readonly string[] = Object.keys(EXPLANATIONS);

/**
 * Explains a system error.
 * @param code `error.code` of Node.js, or another text, which is returned unchanged
 * @param about the path of the error, for users to copy, or words if there is none
 */
export function explainSystemError(code: string, about: string | Unnamed, use: FileUse): SystemErrorText {
  const explain = Object.hasOwn(EXPLANATIONS, code) ? EXPLANATIONS[code] : undefined;
  if (explain === undefined) return { reason: code, remedy: '' };
  const { reason, remedy } = explain(new Place(about), use);
  return { reason: `${reason} (${code})`, remedy };
}
