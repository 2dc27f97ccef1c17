import { onDev } from '../support/api/dev-api.js';
import { unreadableRequests } from './suites/unreadable-requests.js';

onDev(unreadableRequests);
