# Functions for tests that need a Docker Engine on another machine, simulated by a network namespace. To be sourced by
# scripts that run as root on Linux. `ip netns exec` would hide the cgroups that the engine needs, so programs enter the
# namespace with nsenter.

ENGINE_START_TIMEOUT_S=60

# Runs a program in a namespace.
inside() {
  local namespace="$1"
  shift
  nsenter --net="/run/netns/$namespace" "$@"
}

# Starts an engine in a namespace with all its files in a folder, and waits until it answers at FOLDER/docker.sock.
# Its containers get a cgroup named after the namespace, so that they are found even if the engine has been killed.
#   launch_engine NAMESPACE FOLDER [option of dockerd]...
launch_engine() {
  local namespace="$1" folder="$2" pid waited=0
  shift 2
  mkdir -p "$folder"
  inside "$namespace" setsid dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/dockerd.pid" \
    -H "unix://$folder/docker.sock" --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$namespace" "$@" \
    >"$folder/dockerd.log" 2>&1 </dev/null &
  pid=$!
  until docker -H "unix://$folder/docker.sock" version >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$waited" -ge $((ENGINE_START_TIMEOUT_S * 10)) ]; then
      printf 'The engine in %s does not come up; the end of its log:\n' "$folder" >&2
      tail -n 20 "$folder/dockerd.log" >&2
      return 1
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

# Ends a namespace with everything in it: all its processes, an engine and its containers, their cgroups and mounts.
# Kills everything at once, as it also does with leftovers of an earlier run.
#   end_namespace NAMESPACE FOLDER
end_namespace() {
  local namespace="$1" folder="$2" cgroups pid
  if [ -e "/run/netns/$namespace" ]; then
    # The engine and its shims, of which new ones may have started in the meantime.
    while pid="$(ip netns pids "$namespace")" && [ -n "$pid" ]; do
      # shellcheck disable=SC2086 # a list of pids
      kill -9 $pid 2>/dev/null || true
      sleep 0.05
    done
  fi
  # Their containers have their own namespaces.
  for cgroups in /sys/fs/cgroup/"$namespace" /sys/fs/cgroup/*/"$namespace"; do
    [ -d "$cgroups" ] || continue
    until rmdir_all "$cgroups"; do
      find "$cgroups" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | xargs -r kill -9 2>/dev/null || true
      sleep 0.05
    done
  done
  { grep -o " $folder/[^ ]*" /proc/mounts || true; } | sort -r | xargs -r -n 1 umount -l 2>/dev/null || true
  ip netns del "$namespace" 2>/dev/null || true
}

rmdir_all() {
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
  [ ! -d "$1" ]
}
