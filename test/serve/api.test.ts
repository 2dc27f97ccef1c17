import { describe, expect, test } from 'vitest';
import { badBodies } from '../api/suites/bad-bodies.js';
import { badFields } from '../api/suites/bad-fields.js';
import { badKeysAndVariables } from '../api/suites/bad-keys-and-variables.js';
import { badPaths } from '../api/suites/bad-paths.js';
import { badRequests } from '../api/suites/bad-requests.js';
import { endpoints } from '../api/suites/endpoints.js';
import { largeIdentity } from '../api/suites/large-identity.js';
import { methods } from '../api/suites/methods.js';
import { metricsStream } from '../api/suites/metrics-stream.js';
import { readyPage } from '../api/suites/ready-page.js';
import { services } from '../api/suites/services.js';
import { terminateBackends } from '../api/suites/terminate-backends.js';
import { unreadableRequests } from '../api/suites/unreadable-requests.js';
import { useServeApi } from '../support/api/serve-api.js';
import type { ApiSuite } from '../support/api/test-api.js';
import { describeServe, useCluster } from '../support/serve.js';

/** The tests of the platform's API, which also run on a dev server in test/api. */
const SUITES: Record<string, ApiSuite> = {
  endpoints,
  badBodies,
  badFields,
  badKeysAndVariables,
  badPaths,
  badRequests,
  largeIdentity,
  methods,
  metricsStream,
  readyPage,
  services,
  terminateBackends,
  unreadableRequests,
};

describeServe('jamdev serve', () => {
  const target = useServeApi(useCluster());
  for (const [name, suite] of Object.entries(SUITES)) describe(name, () => suite(target));

  test('every listed difference from jamdev dev was seen', () => {
    expect(target.expectations.unseen(), 'docs/differences.md lists what is gone').toEqual([]);
  });
});
