/** Init programs that are made to be the first process; some of them refuse to run otherwise. */
const INITS =
  /^(init|tini|tini-static|dumb-init|docker-init|catatonit|s6-\S+|runit|runit-init|runsvdir|my_init|systemd)$/;
const SHELLS = /^(sh|bash|dash|ash|zsh)$/;

/** The engine's report about the command of an image. */
export interface ImageCommand {
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  /** Variables in the form NAME=VALUE. */
  Env?: string[] | null;
}

/** Whether the image starts its own init, so that the engine's init must not run in front of it. */
export function hasOwnInit({ Entrypoint, Cmd }: ImageCommand): boolean {
  let words = [...(Entrypoint ?? []), ...(Cmd ?? [])];
  if (nameOf(words[0]) === 'env')
    words = words.slice(words.findIndex((word, index) => index > 0 && !/=|^-/.test(word)));
  const script = SHELLS.test(nameOf(words[0])) && words[1] === '-c' ? words[2] : undefined;
  if (script !== undefined)
    words = script
      .trim()
      .replace(/^exec\s+/, '')
      .split(/\s+/);
  return INITS.test(nameOf(words[0]));
}

/** Whether the engine could not start a container because its own init is not installed. */
export function isInitMissing(message: string): boolean {
  return /docker-init|container-init|catatonit/.test(message);
}

/** Whether a program complains that it is not process 1, which happens with an init in front of it. */
export function wantsToBeFirst(words: string): boolean {
  return /\b(can only|must|has to|needs to) (run|be run|be|run only) as pid 1\b|not running as pid 1/i.test(words);
}

function nameOf(program = ''): string {
  return program.slice(program.lastIndexOf('/') + 1);
}
