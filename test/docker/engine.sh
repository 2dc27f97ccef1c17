#!/usr/bin/env bash
# A Docker Engine for the tests, on machines that have none.
#
#   test/docker/engine.sh start   makes sure that an engine answers and has the base image; prints its DOCKER_HOST
#   test/docker/engine.sh stop    ends the engine that `start` began, with everything in it; leaves others alone
#
# Both are idempotent. An engine that already answers is used unchanged. Starting one needs Linux and root; it has its own
# data, socket and network bridge in JAMDEV_ENGINE_FOLDER (by default a folder per checkout in the temp folder), so that
# several can run side by side. It does not change the machine's firewall: a starting engine would remove and recreate the
# chains of all engines, and another one that publishes a port or creates a network at that moment would fail. Without
# these rules, its containers reach each other and this machine, but no other machine.
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd -P)"
checkout="$(printf '%s' "$root" | cksum | cut -d ' ' -f 1)"
folder="${JAMDEV_ENGINE_FOLDER:-${TMPDIR:-/tmp}/jamdev-test-engine-$checkout}"
socket="$folder/docker.sock"
bridge="jt$(printf '%s' "$folder" | cksum | cut -d ' ' -f 1)"
base_images=(node:22-slim node:20-slim python:3.12-slim)
START_TIMEOUT_S=60
# The last base image made here.
made_image=''

say() { printf 'engine: %s\n' "$*" >&2; }

own() { docker -H "unix://$socket" "$@"; }

# The pid of our engine, if it is alive: a killed one may remain in the process list without a command.
own_pid() {
  local pid
  pid="$(cat "$folder/dockerd.pid" 2>/dev/null || true)"
  if [ -n "$pid" ] && grep -aqs -- "$folder" "/proc/$pid/cmdline"; then printf '%s' "$pid"; fi
}

# Pids of processes of this folder whose command line contains the given words.
pids_of() {
  local file
  for file in /proc/[0-9]*/cmdline; do
    if tr '\0' ' ' <"$file" 2>/dev/null | grep -F -- "$folder/" | grep -qF -- "$1"; then basename "$(dirname "$file")"; fi
  done 2>/dev/null
}

answers() { "$@" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# --- start ------------------------------------------------------------------------------------------------------------

start() {
  local host
  if command -v docker >/dev/null && answers docker; then
    host="${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}')}"
    say "one answers at $host"
  else
    mkdir -p "$folder"
    # Of two concurrent starts in one folder, the second waits and finds the engine of the first.
    exec 9>"$folder/lock"
    if command -v flock >/dev/null; then flock 9; fi
    if ! command -v docker >/dev/null || ! answers own; then launch 9>&-; fi
    exec 9>&-
    host="unix://$socket"
  fi
  local image
  for image in "${base_images[@]}"; do
    docker -H "$host" image inspect "$image" >/dev/null 2>&1 || provide "$host" "$image"
  done
  printf '%s\n' "$host"
}

launch() {
  install_packages
  make_bridge
  # Left by a killed engine; other processes may have reused the pids in them.
  rm -f "$folder/dockerd.pid"
  if [ -z "$(pids_of 'containerd --config')" ]; then rm -f "$folder"/exec/containerd/containerd.{pid,sock,sock.ttrpc}; fi
  say "starting one in $folder"
  setsid dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/dockerd.pid" \
    -H "unix://$socket" -b "$bridge" --iptables=false >"$folder/dockerd.log" 2>&1 </dev/null &
  local pid=$! waited=0
  until answers own; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$waited" -ge $((START_TIMEOUT_S * 10)) ]; then
      say 'it does not come up; the end of its log:'
      tail -n 20 "$folder/dockerd.log" >&2
      stop
      exit 1
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

install_packages() {
  local missing=()
  command -v docker >/dev/null && command -v dockerd >/dev/null || missing+=(docker.io)
  command -v iptables >/dev/null || missing+=(iptables)
  command -v busybox >/dev/null || missing+=(busybox-static)
  command -v python3 >/dev/null || missing+=(python3)
  [ "${#missing[@]}" -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "no engine answers, and ${missing[*]} can't be installed here: start Docker, then try again"
    exit 1
  fi
  say "installing ${missing[*]}"
  { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >&2
}

# A separate bridge: engines that shared docker0 would give the same addresses to different containers. Its hardware
# address is set, because otherwise it changes to the lowest of its containers' whenever one comes or goes; the others then
# send to the previous one, and are cut off for up to a minute.
make_bridge() {
  busybox ip link show "$bridge" >/dev/null 2>&1 && return
  local tries subnet
  busybox ip link add name "$bridge" type bridge
  busybox ip link set "$bridge" address "$(printf '02:42:%02x:%02x:%02x:%02x' $((RANDOM % 256)) $((RANDOM % 256)) $((RANDOM % 256)) $((RANDOM % 256)))"
  for tries in 1 2 3 4 5 6 7 8 9; do
    subnet="10.$((128 + RANDOM % 120)).$((RANDOM % 255))"
    busybox ip route | grep -q "$subnet\." || break
  done
  busybox ip addr add "$subnet.1/24" dev "$bridge"
  busybox ip link set "$bridge" up
}

# --- base images ------------------------------------------------------------------------------------------------------

# The real image if it can be pulled; otherwise, and always in our own engine, one made from this machine's files.
provide() {
  local host="$1" image="$2" language="${2%%:*}" program
  if [ "$host" != "unix://$socket" ] && docker -H "$host" pull "$image" >&2; then return; fi
  # This machine has one version of each language, whatever version an image is named after.
  if [ "${made_image%%:*}" = "$language" ]; then
    docker -H "$host" tag "$made_image" "$image"
    return
  fi
  program="${language/python/python3}"
  say "making $image of this machine's $program, $("$program" --version)"
  local made="$folder-base-$$"
  fill "$made"
  "fill_$language" "$made"
  tar -C "$made" -c . | docker -H "$host" import --change "CMD [\"$program\"]" \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$image" >/dev/null
  rm -rf "$made"
  made_image="$image"
}

# The content of every image: the usual commands, and two users.
fill() {
  local made="$1" name
  mkdir -p "$made"/{bin,etc,proc,root,tmp,home/node,usr/bin,usr/sbin,sbin,usr/local/bin,usr/local/etc,usr/local/lib}
  chmod 1777 "$made/tmp"
  cp "$(command -v busybox)" "$made/bin/busybox"
  for name in $("$made/bin/busybox" --list); do
    if [ ! -e "$made/bin/$name" ]; then ln -s busybox "$made/bin/$name"; fi
  done
  ln -s /bin/env "$made/usr/bin/env"
  printf 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' >"$made/etc/passwd"
  printf 'root:x:0:\nnode:x:1000:\n' >"$made/etc/group"
  printf 'hosts: files dns\n' >"$made/etc/nsswitch.conf"
}

# The libraries that a program, or another library, is linked with.
copy_libraries() {
  local made="$1" library
  for library in $(ldd "${@:2}" | grep -o '/[^ :]* ' | sort -u); do
    mkdir -p "$made$(dirname "$library")"
    if [ ! -e "$made$library" ]; then cp -L "$library" "$made$library"; fi
  done
  # Loaded by name at run time, which ldd does not report.
  for library in "$(dirname "$(ldd "$2" | grep -o '/[^ ]*libc\.so[^ ]*')")"/lib{nss_dns.so.2,nss_files.so.2,gcc_s.so.1}; do
    if [ -e "$library" ] && [ ! -e "$made$library" ]; then cp -L "$library" "$made$library"; fi
  done
}

fill_node() {
  local made="$1" node modules
  node="$(node -p 'fs.realpathSync(process.execPath)')"
  cp "$node" "$made/usr/local/bin/node"
  copy_libraries "$made" "$node"
  modules="$(dirname "$(dirname "$node")")/lib/node_modules"
  if [ -d "$modules/npm" ]; then
    mkdir -p "$made/usr/local/lib/node_modules"
    cp -R "$modules/npm" "$made/usr/local/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$made/usr/local/bin/npm"
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$made/usr/local/bin/npx"
    fill_npm_cache "$made"
  fi
}

# Containers reach no package registry, so the packages of the templates are included.
fill_npm_cache() {
  local made="$1" manifest project="$1-project"
  for manifest in "$root"/templates/*/package.json; do
    mkdir -p "$project"
    cp "$manifest" "$project"
    npm install --prefix "$project" --cache "$made/usr/local/npm-cache" --no-audit --no-fund >/dev/null 2>&1 ||
      say "the packages of $manifest can't be had: its container will not build"
    rm -rf "$project"
  done
  printf 'cache=/usr/local/npm-cache\noffline=true\nregistry=%s\n' "$(npm config get registry 2>/dev/null)" \
    >"$made/usr/local/etc/npmrc"
}

# Under /usr/local it finds its own library, wherever that is on this machine.
fill_python() {
  local made="$1" python library
  python="$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')"
  library="$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
  cp "$python" "$made/usr/local/bin/$(basename "$python")"
  if [ ! -e "$made/usr/local/bin/python3" ]; then ln -s "$(basename "$python")" "$made/usr/local/bin/python3"; fi
  tar -C "$(dirname "$library")" --exclude=site-packages --exclude=dist-packages --exclude=__pycache__ \
    --exclude=test --exclude=tests --exclude=idlelib --exclude='config-*' -c "$(basename "$library")" |
    tar -C "$made/usr/local/lib" -x
  copy_libraries "$made" "$python" "$library"/lib-dynload/*.so
}

# --- stop -------------------------------------------------------------------------------------------------------------

stop() {
  [ -d "$folder" ] || return 0
  local pid waited=0
  pid="$(own_pid)"
  if [ -n "$pid" ]; then
    # They would get time to end on their own, which containers of tests do not need.
    own ps -q 2>/dev/null | xargs -r docker -H "unix://$socket" kill >/dev/null 2>&1 || true
    kill "$pid" 2>/dev/null || true
    while [ -n "$(own_pid)" ] && [ "$waited" -lt 200 ]; do
      sleep 0.1
      waited=$((waited + 1))
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
  # Processes left by a killed engine: the shims of containers, each with its container.
  local shim
  for shim in $(pids_of containerd-shim); do
    # shellcheck disable=SC2046 # a list of pids
    kill -9 $(cat "/proc/$shim/task/$shim/children" 2>/dev/null) "$shim" 2>/dev/null || true
  done
  # Its remaining mounts, the deepest first.
  { grep -o " $folder/[^ ]*" /proc/mounts || true; } | sort -r | xargs -r -n 1 umount -l 2>/dev/null || true
  if command -v busybox >/dev/null; then busybox ip link del "$bridge" 2>/dev/null || true; fi
  rm -rf "$folder"
  say 'stopped'
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  *)
    say 'usage: engine.sh start|stop'
    exit 2
    ;;
esac
