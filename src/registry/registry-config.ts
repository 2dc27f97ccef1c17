import { randomBytes } from 'node:crypto';
import { TOKEN_ISSUER } from './access-token.js';
import { notificationAuthorization } from './own-registry.js';
import { EVENTS_PATH, TOKEN_PATH } from './paths.js';
import type { SigningKey } from './signing-key.js';

/** The port of Debian's package and of the official image, unless the registry's URL names a port of this machine. */
const DEFAULT_PORT = 5000;

/** The addresses and paths that go into a registry's config. */
export interface RegistryPlaces {
  /** The registry's URL for clients and drones. */
  registryUrl: string;
  /** The URL of `jamdev serve` for clients, drones and the registry. */
  apiUrl: string;
  /** Path of the certificate on the registry's machine. */
  certificatePath: string;
}

/**
 * Returns the config file of the registry (CNCF distribution 2.7 or newer) as YAML.
 * @param key signs the tokens that the registry accepts
 */
export function registryConfig({ registryUrl, apiUrl, certificatePath }: RegistryPlaces, key: SigningKey): string {
  const { protocol, port, host } = new URL(registryUrl);
  // An https URL implies a reverse proxy in front; it forwards to the registry's default port.
  const listening = protocol === 'http:' ? port || '80' : DEFAULT_PORT;
  // A JSON string is also a YAML string.
  const quoted = JSON.stringify;
  return `# The registry of jamdev serve. It holds secrets: only the registry's own user may read it.
version: 0.1
log:
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: /var/lib/docker-registry
http:
  addr: 127.0.0.1:${listening}
  relativeurls: true
  # Registries behind one load balancer need the same one.
  secret: ${randomBytes(32).toString('hex')}
auth:
  token:
    realm: ${quoted(apiUrl + TOKEN_PATH)}
    service: ${quoted(host)}
    issuer: ${TOKEN_ISSUER}
    rootcertbundle: ${quoted(certificatePath)}
notifications:
  endpoints:
    - name: jamdev
      url: ${quoted(apiUrl + EVENTS_PATH)}
      headers:
        Authorization: [${quoted(notificationAuthorization(key))}]
      timeout: 5s
      threshold: 5
      backoff: 2s
      ignoredmediatypes: [application/octet-stream]
      ignore:
        actions: [pull]
`;
}
