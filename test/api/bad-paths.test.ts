import { onDev } from '../support/api/dev-api.js';
import { badPaths } from './suites/bad-paths.js';

onDev(badPaths);
