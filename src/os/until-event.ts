interface Emitter<Name> {
  on(name: Name, listener: () => void): unknown;
  off(name: Name, listener: () => void): unknown;
}

/** Resolves at the next of several events, or when the signal aborts. Leaves no listener behind. Never rejects. */
export function untilEvent<Name>(emitter: Emitter<Name>, names: readonly Name[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      signal.removeEventListener('abort', done);
      for (const each of names) emitter.off(each, done);
      resolve();
    };
    signal.addEventListener('abort', done);
    for (const each of names) emitter.on(each, done);
  });
}
