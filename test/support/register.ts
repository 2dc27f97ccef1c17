import type { ChildRegister } from '../../src/processes/child-register.js';
import type { ProcessRecord } from '../../src/records/server-records.js';

/** A register without knowledge of what is started. @param noted receives the records */
export function makeRegister(noted: ProcessRecord[] = []): ChildRegister {
  return { environment: () => ({}), note: (record) => void noted.push(record) };
}
