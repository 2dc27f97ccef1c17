/**
 * Names that the docker client, or what it starts, reads for itself; in its own environment they would change what it
 * does.
 */
const READ_BY_CLIENT =
  /^(PATH|HOME|USER|USERPROFILE|TMPDIR|TEMP|TMP|TERM|SHELL|NO_COLOR|DOCKER_.*|BUILDKIT_.*|BUILDX_.*|.*_PROXY|SSH_.*|SSL_CERT_.*|XDG_.*|LD_.*|DYLD_.*|OTEL_.*|GODEBUG|GOGC|GOMAXPROCS|GOMEMLIMIT|GOTRACEBACK|GORACE)$/i;

/**
 * Passes variables to a docker client: by name alone where that is possible, with the value in the client's own
 * environment, so that it does not appear in the list of processes.
 * @param option such as `--build-arg`
 */
export function passVariables(
  option: string,
  variables: Record<string, string>,
): { args: string[]; env: Record<string, string> } {
  const args: string[] = [];
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (READ_BY_CLIENT.test(name)) {
      args.push(option, `${name}=${value}`);
    } else {
      args.push(option, name);
      env[name] = value;
    }
  }
  return { args, env };
}
