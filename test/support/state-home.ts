import { useVariable } from './environment.js';

/** Gives the test a place for state of its own. */
export function useStateHome(folder: string): void {
  useVariable('XDG_STATE_HOME', folder);
}
