/** Folders and files of tools, by their full name. */
const NAMES = new Set([
  // Version control, jamdev's own state, installed packages.
  '.git',
  '.hg',
  '.svn',
  '.jamdev',
  'node_modules',
  '__pycache__',
  '.venv',
  // Caches of tools.
  '.turbo',
  '.pytest_cache',
  '.mypy_cache',
  '.ruff_cache',
  '.parcel-cache',
  '.eslintcache',
  // Settings and states of editors and desktops.
  '.idea',
  '.vscode',
  '.DS_Store',
  'Thumbs.db',
  'desktop.ini',
  '.directory',
]);

/** Files that editors and systems write next to the edited one, each with an example. */
const PATTERNS: readonly RegExp[] = [
  /\.pyc$/, // __init__.pyc
  /^[._].*\.sw[a-px]$/, // vim's swap files: .server.js.swp, .server.js.swo
  /^\.sw[m-p]$/, // vim's swap files for buffers without a name
  /\.sw[op]$/, // vim's swap files if 'shortname' is set
  /^4913$/, // vim's test for whether a folder is writable
  /~$/, // backups of vim, Emacs, Kate, gedit; vim's undo files
  /^#.*#$/, // Emacs' auto-save files
  /^\.#/, // Emacs' lock links
  /___jb_(tmp|old|bak)___$/, // JetBrains' safe write
  /\.kate-swp$/, // Kate
  /^\.~lock\..*#$/, // LibreOffice's lock files
  /^lu[0-9a-z]+\.tmp_?$/, // LibreOffice's temporary files
  /^~\$/, // lock files of Microsoft Office
  /^\.goutputstream-/, // GNOME
  /^\.vscode-.*\.tmp$/, // VS Code
  /^\.nfs/, // deleted files that are still open on NFS
  /^\.fuse_hidden/, // the same on FUSE
  /^jamdev-(sdk|ssh|pipes)-\d/, // jamdev's own sockets and pipes, if the temporary folder is in the project
  /^\._/, // macOS metadata on foreign file systems
];

/**
 * Whether a change to a file with this name never needs a build, in any folder.
 * @param name the name of a file or folder
 * @param folder the name of its parent folder
 */
export function isIgnoredByDefault(name: string, folder: string): boolean {
  if (NAMES.has(name)) return true;
  if (name === 'cache' && folder === '.next') return true;
  return PATTERNS.some((pattern) => pattern.test(name));
}
