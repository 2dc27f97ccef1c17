#!/usr/bin/env bash
# Another machine with a Docker Engine, for the tests: a network namespace, connected to this machine by an interface. Its
# engine listens on a TCP port with TLS, and can also be reached through an SSH server.
#
#   host.sh start FOLDER   prints NAME=value lines: its address, where its certificates and keys are
#   host.sh stop FOLDER    ends everything, and leaves nothing behind
#
# Needs Linux and root.
set -euo pipefail
# shellcheck source=test/docker/namespaced-engine.sh
. "$(dirname "$0")/../namespaced-engine.sh"

action="${1:-}" folder="${2:-}"
id="$(printf '%s' "$folder" | cksum | cut -d ' ' -f 1)"
namespace="jamdev-remote-$id"
# At most 15 characters.
here="jr${id}a" there="jr${id}b"

say() { printf 'remote: %s\n' "$*" >&2; }

start() {
  install_packages
  mkdir -p "$folder"
  make_network
  make_certificates
  make_ssh
  start_engine
  printf '%s\n' "ADDRESS=$address" "NAMESPACE=$namespace" "DEVICE=$there" "LINK=$here"
}

install_packages() {
  local missing=()
  command -v ip >/dev/null || missing+=(iproute2)
  [ -x /usr/sbin/sshd ] || missing+=(openssh-server)
  command -v ssh >/dev/null || missing+=(openssh-client)
  command -v openssl >/dev/null || missing+=(openssl)
  command -v dockerd >/dev/null || missing+=(docker.io)
  command -v iptables >/dev/null || missing+=(iptables)
  [ "${#missing[@]}" -eq 0 ] && return
  say "installing ${missing[*]}"
  { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >&2
}

make_network() {
  local tries subnet
  ip netns add "$namespace"
  for tries in 1 2 3 4 5 6 7 8 9; do
    subnet="10.$((RANDOM % 100 + 20)).$((RANDOM % 255))"
    ip route | grep -q "$subnet\." || break
  done
  address="$subnet.2"
  ip link add "$here" type veth peer name "$there" netns "$namespace"
  ip addr add "$subnet.1/30" dev "$here"
  ip link set "$here" up
  inside "$namespace" ip addr add "$address/30" dev "$there"
  inside "$namespace" ip link set lo up
  inside "$namespace" ip link set "$there" up
}

# A separate certificate authority, a certificate for the engine's address, and one for its clients.
make_certificates() {
  local certs="$folder/certs" of
  mkdir -p "$certs"
  (
    cd "$certs"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca-key.pem -out ca.pem
    for of in server client; do
      openssl req -newkey rsa:2048 -nodes -subj "/CN=$of" -keyout "$of-key.pem" -out "$of.csr"
      printf 'subjectAltName=IP:%s\nextendedKeyUsage=%sAuth\n' "$address" "$of" >"$of.ext"
      openssl x509 -req -days 2 -in "$of.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile "$of.ext" -out "$of-cert.pem"
    done
    # With the file names that the docker client expects.
    mkdir -p client
    cp ca.pem client/ca.pem
    cp client-cert.pem client/cert.pem
    cp client-key.pem client/key.pem
  ) >/dev/null 2>&1
}

# Separate keys and settings on both sides: no files of this machine's user are read.
make_ssh() {
  local ssh="$folder/ssh" port
  mkdir -p "$ssh" /run/sshd
  chmod 700 "$ssh"
  ssh-keygen -q -t ed25519 -N '' -f "$ssh/host_key"
  ssh-keygen -q -t ed25519 -N '' -f "$ssh/user_key"
  cp "$ssh/user_key.pub" "$ssh/authorized_keys"
  cat >"$ssh/sshd_config" <<END
Port 2222
ListenAddress $address
HostKey $ssh/host_key
PidFile $folder/sshd.pid
AuthorizedKeysFile $ssh/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
SetEnv DOCKER_HOST=unix://$folder/docker.sock
END
  for port in 2222 2223; do
    printf '[%s]:%s %s\n' "$address" "$port" "$(cut -d ' ' -f 1,2 "$ssh/host_key.pub")"
  done >"$ssh/known_hosts"
  cat >"$ssh/config" <<END
Host far
  HostName $address
  Port 2222
  User root
  IdentityFile $ssh/user_key
  IdentitiesOnly yes
  UserKnownHostsFile $ssh/known_hosts
  GlobalKnownHostsFile /dev/null
END
  # The ssh of its user: OpenSSH reads only the config of the account.
  mkdir -p "$folder/bin"
  printf '#!/bin/sh\n[ "$1" = -F ] || set -- -F %s/config "$@"\nexec %s "$@"\n' "$ssh" "$(command -v ssh)" >"$folder/bin/ssh"
  chmod +x "$folder/bin/ssh"
  inside "$namespace" /usr/sbin/sshd -f "$ssh/sshd_config" -E "$folder/sshd.log"
  # A server that forwards nothing.
  inside "$namespace" /usr/sbin/sshd -f "$ssh/sshd_config" -E "$folder/sshd.log" -o Port=2223 -o "PidFile=$folder/sshd2.pid" \
    -o DisableForwarding=yes
}

start_engine() {
  local certs="$folder/certs"
  launch_engine "$namespace" "$folder" -H "tcp://$address:2376" \
    --tlsverify --tlscacert "$certs/ca.pem" --tlscert "$certs/server-cert.pem" --tlskey "$certs/server-key.pem" || {
    stop
    exit 1
  }
  # From the engine of this machine.
  docker save node:22-slim | docker -H "unix://$folder/docker.sock" load >&2
}

stop() {
  end_namespace "$namespace" "$folder"
  ip link del "$here" 2>/dev/null || true
  rm -rf "$folder"
}

case "$action" in
  start) start ;;
  stop) stop ;;
  *)
    say 'usage: host.sh start|stop FOLDER'
    exit 2
    ;;
esac
