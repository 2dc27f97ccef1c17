import { useVariable } from './environment.js';

/** Gives the test its own state home. */
export function useStateHome(folder: string): void {
  useVariable('XDG_STATE_HOME', folder);
}
