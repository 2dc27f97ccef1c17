/** A step of a Dockerfile that the build reached. */
interface Step {
  /** Such as "3/5". */
  position: string;
  text: string;
}

const CLASSIC_STEP = /^Step (\d+\/\d+) : (.*)$/;
const BUILDKIT_STEP = /^#(\d+) \[(?:\S+ )?(\d+\/\d+)\] (.*)$/;
const BUILDKIT_ERROR = /^#(\d+) ERROR: (.*)$/;
const EXIT_CODE = /(?:returned a non-zero code|exit code): (\d+)/;
const FULL = /no space left on device|ENOSPC/i;
/** Errors of registries, and of the network on the way to them, when an image can't be pulled. */
const NOT_PULLED =
  /pull access denied|manifest .*(?:not found|unknown)|repository does not exist|failed to resolve|failed to resolve source metadata|dial tcp|no such host|i\/o timeout|TLS handshake|connection refused|request canceled|toomanyrequests|unauthorized|forbidden|not found$/i;
const OTHER_PLATFORM = /no match for platform|does not match the specified platform|no matching manifest for/i;

/**
 * Says why `docker build` failed, in a few words, from the output of the classic builder or of BuildKit.
 * @param lines the output; the last lines are enough
 * @param exitCode undefined if a signal ended it
 */
export function describeBuildFailure(
  lines: readonly string[],
  exitCode: number | undefined,
  platform: string | undefined,
): string {
  const last = lastWords(lines);
  if (lines.some((line) => FULL.test(line))) {
    return "the Docker Engine's disk is full: free some space, for example with docker system prune";
  }
  const failed = failedStep(lines);
  const image = baseImage(lines, failed);
  if (image !== undefined && OTHER_PLATFORM.test(last)) {
    return `the base image ${image} does not support ${platform ?? 'this platform'}: use another image, or another "platform"`;
  }
  if (image !== undefined && NOT_PULLED.test(last)) {
    return `the base image ${image} can't be pulled (${last}): check its name, the network, and docker login if it is private`;
  }
  if (failed !== undefined) {
    const code = EXIT_CODE.exec(last)?.[1];
    const how = code === undefined ? `: ${last}` : ` with exit code ${code}`;
    return `step ${failed.position} failed, ${failed.text}${how}`;
  }
  if (last !== '') return last;
  return exitCode === undefined ? 'docker build was killed' : `exit code ${exitCode}`;
}

/** Returns the line that states the cause: the last one, without the prefixes that all errors have. */
function lastWords(lines: readonly string[]): string {
  const errors = lines.filter((line) => /^(ERROR: |Error response from daemon: )/.test(line));
  const line = errors.at(-1) ?? lines.findLast((each) => each.trim() !== '') ?? '';
  return line
    .trim()
    .replace(/^ERROR: /, '')
    .replace(/^Error response from daemon: /, '')
    .replace(/^failed to (?:solve|build)(?: with frontend \S+)?: /, '')
    .replace(/\.$/, '');
}

function failedStep(lines: readonly string[]): Step | undefined {
  const error = lines.map((line) => BUILDKIT_ERROR.exec(line)).findLast((match) => match !== null);
  const steps = lines.flatMap((line) => {
    const classic = CLASSIC_STEP.exec(line);
    if (classic !== null) return [{ position: classic[1] as string, text: classic[2] as string }];
    const match = BUILDKIT_STEP.exec(line);
    if (match === null || match[1] !== error?.[1]) return [];
    return [{ position: match[2] as string, text: match[3] as string }];
  });
  return steps.at(-1);
}

/** Returns the base image of the failed step, or the image whose metadata BuildKit could not load. */
function baseImage(lines: readonly string[], failed: Step | undefined): string | undefined {
  const from = /^FROM (?:--\S+ )*(\S+)/i.exec(failed?.text ?? '')?.[1];
  if (from !== undefined) return from;
  const error = lines.map((line) => BUILDKIT_ERROR.exec(line)).findLast((match) => match !== null);
  const metadata = lines.map((line) => /^#(\d+) \[internal\] load metadata for (\S+)/.exec(line));
  const image = metadata.findLast((match) => match !== null && match[1] === error?.[1])?.[2];
  return image?.replace(/^docker\.io\/(library\/)?/, '');
}
