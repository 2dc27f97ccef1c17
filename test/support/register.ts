import type { ChildRegister } from '../../src/processes/child-register.js';
import type { ProcessRecord } from '../../src/records/server-records.js';

/** Knows nothing of what is started. @param noted receives what is noted */
export function makeRegister(noted: ProcessRecord[] = []): ChildRegister {
  return { environment: () => ({}), note: (record) => void noted.push(record) };
}
