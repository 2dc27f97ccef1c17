#!/usr/bin/env bash
# Plane, the platform's own engine, for the tests: controller, drone and proxy with their own PostgreSQL.
#
#   test/engine/plane.sh build           builds Plane into the cache with cargo, once per machine
#   test/engine/plane.sh install         the same, and installs PostgreSQL
#   test/engine/plane.sh start [OWNER]   starts a cluster, or finds the running one; prints NAME=value lines for the tests.
#                                        With the pid of an owner, it is stopped when that process has ended
#   test/engine/plane.sh stop            ends the cluster that `start` began, with all its containers; no other
#
# All commands are idempotent. A cluster needs Linux. Its data, logs and pids are in JAMDEV_PLANE_FOLDER (by default a folder
# per checkout in the temp folder), so that several can run side by side. Containers run in the engine of DOCKER_HOST.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd -P)"
checkout="$(printf '%s' "$here" | cksum | cut -d ' ' -f 1)"
folder="${JAMDEV_PLANE_FOLDER:-${TMPDIR:-/tmp}/jamdev-test-plane-$checkout}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/jamdev/plane"
plane="$cache/bin/plane"
VERSION=0.5.5
START_TIMEOUT_S=60
STOP_TIMEOUT_S=10

# If the reader of this output is gone, the script must still clean up.
trap '' PIPE
say() { printf 'plane: %s\n' "$*" >&2 || true; }

# Runs a function exclusively on this machine, if it has flock. The lock's folder may be deleted while it is held.
alone() {
  local lock="$1"
  shift
  while :; do
    mkdir -p "$(dirname "$lock")"
    exec 9>"$lock"
    command -v flock >/dev/null || break
    flock 9
    if [ "/proc/self/fd/9" -ef "$lock" ]; then break; fi
  done
  "$@"
  exec 9>&-
}

# --- install ----------------------------------------------------------------------------------------------------------

is_installed() { [ -x "$plane" ] && grep -qsF "\"plane $VERSION " "$cache/.crates.toml"; }

# Version 0.5.5 does not compile without this compiler flag.
build_alone() {
  is_installed && return
  say "building Plane $VERSION into $cache, once; this takes about ten minutes"
  RUSTFLAGS='--cfg tracing_unstable' cargo install plane --version "$VERSION" --locked --root "$cache" >&2 9>&-
}

build() {
  is_installed && return
  if ! command -v cargo >/dev/null; then
    say "Plane $VERSION is not in $cache, and there is no cargo to build it: install Rust, then try again"
    exit 1
  fi
  alone "$cache/lock" build_alone
}

install() {
  build
  alone "$cache/postgres.lock" "$here/postgres.sh" install
}

# --- start ------------------------------------------------------------------------------------------------------------

start() {
  install
  alone "$folder/lock" start_alone "${1:-}"
  cat "$folder/values"
}

start_alone() {
  if is_running; then return; fi
  stop_alone
  mkdir -p "$folder"
  # From the beginning, because the owner may end during the start.
  printf '%s' "$$ $RANDOM$RANDOM" >"$folder/began"
  if [ -n "$1" ]; then watch_owner "$1"; fi
  local url
  url="$("$here/postgres.sh" start "$folder" 9>&- | sed -n 's/^DATABASE_URL=//p')"
  # A free port may be taken before it is used: then retry with others.
  local try
  for try in 1 2 3 4 5; do
    if launch "$url"; then return; fi
    end_processes
  done
  say 'it does not come up; the ends of its logs:'
  tail -n 10 "$folder"/*.log >&2 || true
  stop_alone
  exit 1
}

launch() {
  local url="$1" api proxy cluster
  api="$(free_port)"
  proxy="$(free_port)"
  cluster="localhost:$proxy"
  run controller --db "$url" --host 127.0.0.1 --port "$api" --default-cluster "$cluster"
  until_true controller answers "http://127.0.0.1:$api/pub/health" || return 1
  run drone --controller-url "ws://127.0.0.1:$api" --cluster "$cluster" --ip 127.0.0.1 --db "$folder/drone.db" \
    --mount-base "$folder/mounts" --auto-prune-containers-older-than-seconds 86400
  run proxy --controller-url "ws://127.0.0.1:$api" --cluster "$cluster" --http-port "$proxy"
  until_true drone has_drone "http://127.0.0.1:$api/ctrl/c/$cluster/state" || return 1
  until_true proxy answers "http://127.0.0.1:$proxy/ready" || return 1
  cat >"$folder/values" <<VALUES
PLANE_VERSION=$VERSION
PLANE_FOLDER=$folder
PLANE_CONTROLLER_URL=http://127.0.0.1:$api
PLANE_PROXY_PORT=$proxy
PLANE_CLUSTER=$cluster
PLANE_DATABASE_URL=$url
PLANE_CONTROLLER_PID=$(cat "$folder/controller.pid")
PLANE_DRONE_PID=$(cat "$folder/drone.pid")
PLANE_PROXY_PID=$(cat "$folder/proxy.pid")
VALUES
}

# Starts a part in a new session, so that it outlives this script. It first writes its own pid, because this script may
# be killed at any moment.
run() {
  local part="$1"
  rm -f "$folder/$part.pid"
  printf '%s' "$plane $*" >"$folder/$part.command"
  (
    printf '%s' "$BASHPID" >"$folder/$part.pid"
    cd "$folder"
    exec setsid "$plane" "$@" >"$folder/$part.log" 2>&1 </dev/null 9>&-
  ) &
  until [ -s "$folder/$part.pid" ]; do sleep 0.01; done
}

answers() { curl -fs -o /dev/null --max-time 2 "$1"; }
has_drone() { curl -fs --max-time 2 "$1" | grep -q '"ready":true'; }

# Waits until a command succeeds. Fails when the part has ended, or after the timeout.
until_true() {
  local part="$1" waited=0
  shift
  until "$@"; do
    if [ -z "$(live_pid "$part")" ] || [ "$waited" -ge $((START_TIMEOUT_S * 20)) ]; then return 1; fi
    sleep 0.05
    waited=$((waited + 1))
  done
}

# Below the system's ephemeral range.
free_port() {
  local port
  while :; do
    port=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
  done
  printf '%s' "$port"
}

# The pid of a part that this script started, if it is alive: the number may have been reused by another process. A part
# has the command line of this script until it executes its program.
live_pid() {
  local pid command
  pid="$(cat "$folder/$1.pid" 2>/dev/null || true)"
  [ -n "$pid" ] || return 0
  command="$(ps -ww -o args= -p "$pid" 2>/dev/null || true)"
  case "$command" in
    "$(cat "$folder/$1.command")" | *"plane.sh start"*) printf '%s' "$pid" ;;
  esac
}

is_running() {
  local part
  for part in controller drone proxy; do
    if [ -z "$(live_pid "$part")" ]; then return 1; fi
  done
  [ -e "$folder/values" ]
}

# A process that only waits, and stops the cluster when its owner has ended in any way.
watch_owner() {
  JAMDEV_PLANE_FOLDER="$folder" setsid "$0" watch "$1" >/dev/null 2>&1 </dev/null 9>&- &
}

watch() {
  local began
  began="$(cat "$folder/began")"
  while kill -0 "$1" 2>/dev/null; do
    # That cluster was stopped, and another one may have started in its folder.
    if [ "$(cat "$folder/began" 2>/dev/null)" != "$began" ]; then return; fi
    sleep 1
  done
  stop
}

# --- stop -------------------------------------------------------------------------------------------------------------

stop() {
  [ -d "$folder" ] || return 0
  alone "$folder/lock" stop_alone
}

stop_alone() {
  end_processes
  remove_containers
  "$here/postgres.sh" stop "$folder"
  rm -rf "$folder"
}

end_processes() {
  local part pid waited
  rm -f "$folder/values"
  for part in proxy drone controller; do
    pid="$(live_pid "$part")"
    waited=0
    [ -n "$pid" ] || continue
    kill "$pid" 2>/dev/null || true
    while [ -n "$(live_pid "$part")" ]; do
      if [ "$waited" -eq $((STOP_TIMEOUT_S * 20)) ]; then kill -9 "$pid" 2>/dev/null || true; fi
      sleep 0.05
      waited=$((waited + 1))
    done
  done
}

# The containers that this cluster's drone started, according to its log, which has colors. Others in the same engine may
# belong to another cluster, and a drone logs their events too.
remove_containers() {
  [ -e "$folder/drone.log" ] && command -v docker >/dev/null || return 0
  sed -n 's/\x1b\[[0-9;]*m//g; s/.*Received action\. backend_id=BackendName("\([a-z0-9]*\)").*/plane-\1/p' "$folder/drone.log" |
    sort -u >"$folder/spawned"
  docker ps -a --filter label=dev.plane.backend --format '{{.Names}}' 2>/dev/null | sort -u |
    comm -12 - "$folder/spawned" | xargs -r docker rm -f >/dev/null 2>&1 || true
}

case "${1:-}" in
  build) build ;;
  install) install ;;
  start) start "${2:-}" ;;
  stop) stop ;;
  watch) watch "${2:?a pid}" ;;
  *)
    say 'usage: plane.sh build | install | start [OWNER] | stop'
    exit 2
    ;;
esac
