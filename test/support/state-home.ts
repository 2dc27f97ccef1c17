import { onTestFinished } from 'vitest';

/** Gives the test a place for state of its own. */
export function useStateHome(folder: string): void {
  const before = process.env.XDG_STATE_HOME;
  process.env.XDG_STATE_HOME = folder;
  onTestFinished(() => {
    process.env.XDG_STATE_HOME = before;
  });
}
