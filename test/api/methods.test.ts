import { onDev } from '../support/api/dev-api.js';
import { methods } from './suites/methods.js';

onDev(methods);
