/**
 * Variables that the docker client, or a program it starts, reads for itself. In the client's own environment they would
 * change its behavior.
 */
const READ_BY_CLIENT =
  /^(PATH|HOME|USER|USERPROFILE|TMPDIR|TEMP|TMP|TERM|SHELL|NO_COLOR|DOCKER_.*|BUILDKIT_.*|BUILDX_.*|.*_PROXY|SSH_.*|SSL_CERT_.*|XDG_.*|LD_.*|DYLD_.*|OTEL_.*|GODEBUG|GOGC|GOMAXPROCS|GOMEMLIMIT|GOTRACEBACK|GORACE)$/i;

/**
 * Passes variables to a docker client. If possible, only the name is an argument and the value goes into the client's
 * environment, so that it does not show up in the process list.
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
