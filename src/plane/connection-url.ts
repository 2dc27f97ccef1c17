/**
 * The connection URL of a token, as Plane makes it: over TLS, except for a cluster on this machine.
 * @param backend `cluster`: with its port, if it has one; `subdomain`: of an origin of its own
 */
export function connectionUrl(backend: { cluster: string; subdomain: string | null }, token: string): string {
  const { cluster, subdomain } = backend;
  const scheme = cluster.split(':')[0] === 'localhost' ? 'http' : 'https';
  return `${scheme}://${subdomain === null ? '' : `${subdomain}.`}${cluster}/${token}/`;
}
