import { onDev } from '../support/api/dev-api.js';
import { terminateBackends } from './suites/terminate-backends.js';

onDev(terminateBackends);
