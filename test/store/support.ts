import type { NewBackend } from '../../src/store/backends.js';

/** A backend as a connect would store it. */
export function newBackend(given: Partial<NewBackend> & { id: string }): NewBackend {
  return {
    account: 'acme',
    service: 'doc',
    environment: 'default',
    key: 'doc-1',
    keyGiven: true,
    cluster: 'cluster',
    subdomain: null,
    image: 'registry.example/doc:1',
    digest: null,
    memoryLimitBytes: null,
    ...given,
  };
}
