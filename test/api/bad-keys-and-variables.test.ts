import { onDev } from '../support/api/dev-api.js';
import { badKeysAndVariables } from './suites/bad-keys-and-variables.js';

onDev(badKeysAndVariables);
