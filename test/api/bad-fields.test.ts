import { onDev } from '../support/api/dev-api.js';
import { badFields } from './suites/bad-fields.js';

onDev(badFields);
