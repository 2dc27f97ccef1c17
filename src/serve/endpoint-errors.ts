import type { Endpoint } from '../api/endpoint.js';
import type { WireErrorCode } from '../contract/errors/error-codes.js';

const ANY: readonly WireErrorCode[] = ['DatabaseUnavailable', 'DatabaseUnusable'];
const WITH_TOKEN: readonly WireErrorCode[] = ['Unauthorized', 'TooManyAttempts', 'AccountNotAllowed', 'ScopeMissing'];
const WITH_CONTROLLER: readonly WireErrorCode[] = ['ControllerUnavailable', 'ControllerFailed'];
const CONNECT: readonly WireErrorCode[] = [
  'KeyHeldInOtherEnvironment',
  'KeyStillEnding',
  'KeyBusy',
  'HolderUnreachable',
  'NoDroneAvailable',
  'LimitReached',
  'RegistryUnavailable',
];
const OUTPUT: readonly WireErrorCode[] = ['OutputUnavailable', 'EngineUnavailable'];

/** Returns the error codes of an endpoint that come from the database, the cluster or API tokens. */
export function clusterErrorsOf({ path, scope }: Endpoint): WireErrorCode[] {
  return [
    ...ANY,
    ...(scope === 'public' ? [] : WITH_TOKEN),
    ...(scope === 'connect' ? WITH_CONTROLLER : []),
    ...(/\/(connect|spawn)$/.test(path) ? CONNECT : []),
    ...(/\/update$/.test(path) ? (['RegistryUnavailable'] as const) : []),
    ...(/\/(logs|metrics\/stream|logs\/stream)$/.test(path) ? OUTPUT : []),
  ];
}
