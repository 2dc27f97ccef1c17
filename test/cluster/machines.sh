#!/usr/bin/env bash
# Two machines with a Docker Engine each, for tests of a cluster, and a PostgreSQL: each machine is a network namespace, and
# both are connected to one bridge, on which this machine has an address too. Other parts of a cluster are processes with
# the variable JAMDEV_TEST_CLUSTER=FOLDER in their environment.
#
#   machines.sh start FOLDER OWNER   prints NAME=value lines. Everything is stopped when the process OWNER has ended, and
#                                    what earlier ones left is removed first, if their owners have ended
#   machines.sh stop FOLDER          ends everything including those processes, and leaves nothing behind
#
# Needs Linux and root. FOLDER is TMPDIR/jamdev-cluster-ID. The engines answer at FOLDER/1/docker.sock and FOLDER/2/docker.sock.
set -euo pipefail
test_folder="$(cd "$(dirname "$0")/.." && pwd -P)"
# shellcheck source=test/docker/namespaced-engine.sh
. "$test_folder/docker/namespaced-engine.sh"

PREFIX="${TMPDIR:-/tmp}/jamdev-cluster-"
MACHINES=(1 2)

say() { printf 'machines: %s\n' "$*" >&2 || true; }

# Names derived from a folder; those of interfaces have at most 15 characters.
id_of() { printf '%s' "$1" | cksum | cut -d ' ' -f 1; }
namespace_of() { printf 'jamdev-cluster-%s-%s' "$(id_of "$1")" "$2"; }
bridge_of() { printf 'jc%s' "$(id_of "$1")"; }
link_of() { printf 'jc%sm%s' "$(id_of "$1")" "$2"; }

# --- start ------------------------------------------------------------------------------------------------------------

start() {
  local folder="$1" owner="$2" machine engines=()
  remove_leftovers
  install_packages
  mkdir -p "$folder"
  # Where the user of PostgreSQL can reach it.
  chmod 711 "$folder"
  born_of "$owner" >"$folder/owner"
  setsid "$0" watch "$folder" >/dev/null 2>&1 </dev/null &
  trap 'stop "$folder"' ERR
  make_bridge "$folder"
  for machine in "${MACHINES[@]}"; do
    make_machine "$folder" "$machine"
    # Without its user-space proxies, which take two processes for each container.
    launch_engine "$(namespace_of "$folder" "$machine")" "$folder/$machine" --userland-proxy=false &
    engines+=("$!")
  done
  "$test_folder/engine/postgres.sh" start "$folder"
  for machine in "${engines[@]}"; do wait "$machine"; done
  printf 'HERE=%s\n' "$subnet.1"
  for machine in "${MACHINES[@]}"; do
    printf 'ADDRESS_%s=%s\nNAMESPACE_%s=%s\n' "$machine" "$(address_of "$machine")" "$machine" "$(namespace_of "$folder" "$machine")"
  done
}

install_packages() {
  local missing=()
  command -v ip >/dev/null || missing+=(iproute2)
  command -v iptables >/dev/null || missing+=(iptables)
  command -v dockerd >/dev/null || missing+=(docker.io)
  [ "${#missing[@]}" -eq 0 ] && return
  say "installing ${missing[*]}"
  { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >&2
}

# All traffic on the bridge begins or ends on this machine, so it needs no firewall rule for forwarding. Its hardware
# address is set: otherwise it would change with those of the links, and each change cuts the machines off.
make_bridge() {
  local bridge tries
  bridge="$(bridge_of "$1")"
  for tries in 1 2 3 4 5 6 7 8 9; do
    subnet="10.$((RANDOM % 100 + 20)).$((RANDOM % 255))"
    ip route | grep -q "$subnet\." || break
  done
  ip link add name "$bridge" type bridge
  ip link set "$bridge" address "$(printf '02:42:%02x:%02x:%02x:%02x' $((RANDOM % 256)) $((RANDOM % 256)) $((RANDOM % 256)) $((RANDOM % 256)))"
  ip addr add "$subnet.1/24" dev "$bridge"
  ip link set "$bridge" up
}

address_of() { printf '%s.1%s' "$subnet" "$1"; }

make_machine() {
  local folder="$1" machine="$2" namespace link
  namespace="$(namespace_of "$folder" "$machine")"
  link="$(link_of "$folder" "$machine")"
  ip netns add "$namespace"
  ip link add "$link" type veth peer name eth0 netns "$namespace"
  ip link set "$link" master "$(bridge_of "$folder")" up
  inside "$namespace" ip addr add "$(address_of "$machine")/24" dev eth0
  inside "$namespace" ip link set lo up
  inside "$namespace" ip link set eth0 up
}

# --- stop -------------------------------------------------------------------------------------------------------------

stop() {
  local folder="$1" machine pids
  trap - ERR
  [ -d "$folder" ] || return 0
  # They may start others until they have ended.
  while pids="$(processes_of "$folder")" && [ -n "$pids" ]; do
    # shellcheck disable=SC2086 # a list of pids
    kill -9 $pids 2>/dev/null || true
    sleep 0.05
  done
  for machine in "${MACHINES[@]}"; do
    end_namespace "$(namespace_of "$folder" "$machine")" "$folder/$machine"
    ip link del "$(link_of "$folder" "$machine")" 2>/dev/null || true
  done
  ip link del "$(bridge_of "$folder")" 2>/dev/null || true
  "$test_folder/engine/postgres.sh" stop "$folder"
  rm -rf "$folder"
}

processes_of() {
  { grep -lsazxF -- "JAMDEV_TEST_CLUSTER=$1" /proc/[0-9]*/environ || true; } | cut -d / -f 3
}

# Identifies a process even if its pid is reused later.
born_of() { printf '%s %s' "$1" "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20)"; }

owner_lives() {
  local owner
  read -r owner <"$1/owner"
  [ "$(born_of "${owner%% *}")" = "$owner" ]
}

# Folders whose owner is gone, such as after the machine was switched off.
remove_leftovers() {
  local folder
  for folder in "$PREFIX"*; do
    if [ -s "$folder/owner" ] && ! owner_lives "$folder"; then stop "$folder"; fi
  done
}

# A process that only waits, and cleans up if no other process does.
watch() {
  local folder="$1"
  while [ -s "$folder/owner" ] && owner_lives "$folder"; do sleep 1; done
  stop "$folder"
}

# If the reader of this output is gone, the script must still clean up.
trap '' PIPE
case "${1:-}" in
  start) start "${2:?a folder}" "${3:?the pid of its owner}" ;;
  stop) stop "${2:?a folder}" ;;
  watch) watch "${2:?a folder}" ;;
  *)
    say 'usage: machines.sh start FOLDER OWNER | stop FOLDER'
    exit 2
    ;;
esac
