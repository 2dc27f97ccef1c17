import { onTestFinished } from 'vitest';

/** Sets a variable of this process until the test ends; undefined: unset. */
export function useVariable(name: string, value: string | undefined): void {
  const before = process.env[name];
  setVariable(name, value);
  onTestFinished(() => setVariable(name, before));
}

/** Assigning undefined would make it the text "undefined". */
function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
