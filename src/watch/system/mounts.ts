import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ignoreError } from '../../os/debug/debug-log.js';
import { type BytePath, isWithin } from '../byte-path.js';

/** A mounted file system. */
export interface Mount {
  /** The mount point. */
  folder: BytePath;
  /** The system's name for it: `ext4`, `9p`, `nfs4`, `fuse.sshfs`. */
  type: string;
}

/** File systems whose files can change elsewhere, on another machine or on this one's host, without an event here. */
const REMOTE = new Set([
  ...['9p', 'v9fs', 'drvfs', 'virtiofs', 'vboxsf', 'vmhgfs', 'prl_fs'],
  ...['nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'smb2', 'webdav', 'davfs', 'afpfs', 'afs', 'ncpfs', 'coda'],
  ...['ceph', 'glusterfs', 'lustre', 'gpfs', 'beegfs', 'ocfs2', 'gfs2', 'orangefs'],
]);
/** Remote file systems through FUSE, whose type includes the name of the program. */
const REMOTE_BY_FUSE =
  /^(?:mac|osx)?fuse\.(?:sshfs|osxfs|grpcfuse|vmhgfs-fuse|glusterfs|ceph|s3fs|rclone|davfs2?|gcsfuse|blobfuse2?|goofys|juicefs|curlftpfs|gvfsd-fuse|prl_fsd|smbnetfs)$/;
/** File systems without a person's files. Some of their files can't be read to the end. */
const PSEUDO = new Set([
  'proc',
  'sysfs',
  'devtmpfs',
  'devpts',
  'cgroup',
  'cgroup2',
  'debugfs',
  'tracefs',
  'securityfs',
  'devfs',
  'autofs',
]);

/** Lists the mounts; empty if the system does not say. */
export async function listMounts(): Promise<Mount[]> {
  if (process.platform === 'linux')
    return parseMountInfo(
      await readFile('/proc/self/mountinfo', 'latin1').catch(ignoreError('watch', 'reading mounts', '')),
    );
  if (process.platform !== 'darwin') return [];
  const { stdout } = await promisify(execFile)('/sbin/mount', { encoding: 'latin1' }).catch(
    ignoreError('watch', 'listing mounts', { stdout: '' }),
  );
  return parseMountOutput(stdout);
}

/** Parses /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, folder, type] = /^\S+ \S+ \S+ \S+ (\S+) .*? - (\S+) /.exec(line) ?? [];
    if (folder === undefined || type === undefined) return [];
    const unescaped = folder.replace(/\\(\d{3})/g, (_all, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    return [{ folder: unescaped as BytePath, type }];
  });
}

/** Parses the output of `mount` on macOS: `//me@host/share on /Volumes/share (smbfs, nodev)`. */
export function parseMountOutput(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, folder, type] = /^.* on (\/.*) \(([^,)]+)/.exec(line) ?? [];
    return folder === undefined || type === undefined ? [] : [{ folder: folder as BytePath, type }];
  });
}

/** Returns the type of the file system that contains a path; '' if it is unknown. */
export function fileSystemOf(path: BytePath, mounts: readonly Mount[]): string {
  let found: Mount | undefined;
  // If two file systems are mounted on the same folder, the later one is visible.
  for (const mount of mounts) {
    if (isWithin(path, mount.folder) && mount.folder.length >= (found?.folder.length ?? 0)) found = mount;
  }
  return found?.type ?? '';
}

/** Whether files on a file system can change without an event. */
export function isRemote(type: string): boolean {
  return REMOTE.has(type) || REMOTE_BY_FUSE.test(type);
}

/** Whether a file system holds no real files. */
export function isPseudo(type: string): boolean {
  return PSEUDO.has(type);
}
