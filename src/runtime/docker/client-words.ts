/** What `docker run` may warn of when it creates the container, in front of anything the backend prints. */
const WARNING =
  /^WARNING: ((?:Error loading config file|Your kernel does not support|The requested image's platform|IPv4 forwarding is disabled|Published ports are discarded|Localhost DNS|No \w+ limit support|Specifying a ).*)\n/;
/** How it begins when it tells that it failed. */
const FAILURE = /^(docker: |unknown (shorthand )?flag|unable to resolve|error during connect|cannot connect)/i;
/** `docker run` itself failed; the two after it also stand for a command that can't be started. */
const CLIENT_FAILED = 125;
const LAST_CLIENT_FAILURE = 127;
/** How it tells that the engine went away, behind all that the backend printed. */
const PARTING = /^(time="[^"]*" level=error msg=")?error waiting for container/;

const NOTHING = Buffer.alloc(0);

/**
 * Tells the words of an attached `docker run` from the backend's own output, as both come through its stderr. Until the
 * container is known to run they are held back: only then can it be said whose they are.
 */
export class ClientWords {
  readonly warnings: string[] = [];
  #running = false;
  #held: Buffer = NOTHING;

  /** @returns what of it is the backend's, as far as that is known by now */
  push(chunk: Buffer): Buffer {
    if (this.#running && !PARTING.test(chunk.toString('utf8'))) return chunk;
    this.#held = Buffer.concat([this.#held, chunk]);
    return NOTHING;
  }

  /** The container runs. @returns what was held back of its output */
  started(): Buffer {
    if (this.#running) return NOTHING;
    this.#running = true;
    return this.#takeHeld();
  }

  /**
   * The client has ended.
   * @param code its exit code; undefined when a signal ended it
   * @returns what it said of a failure of its own, or the rest of the backend's output
   */
  end(code: number | undefined): { failure: string; output: Buffer } {
    const held = this.#takeHeld();
    const text = held.toString('utf8');
    const mayHaveFailed = code === undefined || (code >= CLIENT_FAILED && code <= LAST_CLIENT_FAILURE);
    const isItsOwn = this.#running ? PARTING.test(text) : FAILURE.test(text) || code === CLIENT_FAILED;
    return mayHaveFailed && isItsOwn ? { failure: text, output: NOTHING } : { failure: '', output: held };
  }

  #takeHeld(): Buffer {
    let held = this.#held;
    this.#held = NOTHING;
    for (;;) {
      const warning = WARNING.exec(held.subarray(0, 1_024).toString('utf8'));
      if (warning === null) return held;
      this.warnings.push(warning[1] as string);
      held = held.subarray(Buffer.byteLength(warning[0]));
    }
  }
}
