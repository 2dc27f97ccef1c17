import { onDev } from '../support/api/dev-api.js';
import { badBodies } from './suites/bad-bodies.js';

onDev(badBodies);
