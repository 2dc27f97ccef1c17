#!/usr/bin/env bash
# A separate, empty PostgreSQL for the tests, from Debian's package, which listens only on a Unix socket.
#
#   test/engine/postgres.sh install        installs the package if it is missing (Debian or Ubuntu, as root)
#   test/engine/postgres.sh start FOLDER   starts one with its data in FOLDER/postgres; prints DATABASE_URL=...
#   test/engine/postgres.sh stop FOLDER    ends it, even if another process started it, and removes FOLDER/postgres
#
# All commands are idempotent. Any number can run side by side, each in its own folder.
set -euo pipefail

START_TIMEOUT_S=60

say() { printf 'postgres: %s\n' "$*" >&2; }

# The folder of the newest version's programs, which Debian does not put on the PATH.
programs() {
  local found
  found="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t / -k 5 -n | tail -n 1)"
  if [ -z "$found" ] && command -v initdb >/dev/null; then found="$(dirname "$(command -v initdb)")"; fi
  printf '%s' "$found"
}

# PostgreSQL refuses to run as root.
as_server() {
  if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi
}

install() {
  [ -n "$(programs)" ] && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say 'PostgreSQL is missing, and only root can install it with apt-get: install it, then try again'
    exit 1
  fi
  say 'installing postgresql'
  # Without the default cluster, which the package would start.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql; } >&2
}

start() {
  local folder="$1" data="$1/postgres" bin
  install
  bin="$(programs)"
  if ! as_server "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; then
    mkdir -p "$data"
    chmod 711 "$folder"
    if [ "$(id -u)" -eq 0 ]; then chown postgres: "$data"; fi
    if [ ! -e "$data/PG_VERSION" ]; then
      as_server "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --no-locale --no-sync --no-instructions >/dev/null
    fi
    # No data here outlives the tests, so it need not survive a power failure.
    as_server "$bin/pg_ctl" -D "$data" -l "$data/server.log" -w -t "$START_TIMEOUT_S" start \
      -o "-c listen_addresses='' -c unix_socket_directories='$data' -c fsync=off -c full_page_writes=off -c max_connections=200" \
      >/dev/null 2>&1 || {
      say 'it does not come up; the end of its log:'
      tail -n 20 "$data/server.log" >&2
      exit 1
    }
  fi
  printf 'DATABASE_URL=postgres://postgres@localhost/postgres?host=%s\n' "$data"
}

stop() {
  local data="$1/postgres"
  [ -d "$data" ] || return 0
  as_server "$(programs)/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$data"
}

case "${1:-}" in
  install) install ;;
  start) start "${2:?a folder}" ;;
  stop) stop "${2:?a folder}" ;;
  *)
    say 'usage: postgres.sh install | start FOLDER | stop FOLDER'
    exit 2
    ;;
esac
