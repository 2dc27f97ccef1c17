/**
 * Makes the connection URL of a token in the same way as Plane: with TLS, unless the cluster is on this machine.
 * @param backend `cluster`: with its port, if it has one; `subdomain`: set if the backend has its own origin
 */
export function connectionUrl(backend: { cluster: string; subdomain: string | null }, token: string): string {
  const { cluster, subdomain } = backend;
  const scheme = cluster.split(':')[0] === 'localhost' ? 'http' : 'https';
  return `${scheme}://${subdomain === null ? '' : `${subdomain}.`}${cluster}/${token}/`;
}
