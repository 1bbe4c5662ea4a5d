# Sourced by the scripts here: pinned Debian packages, unpacked into a temporary folder that goes
# when the script ends. Needs Debian 12 and apt-get, no root.
set -euo pipefail
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT

# unpack PACKAGE=VERSION...
unpack() {
  (cd "$work" && apt-get -qq -o APT::Sandbox::User= download "$@" && for deb in *.deb; do dpkg -x "$deb" root; done)
  export LD_LIBRARY_PATH=$work/root/usr/lib/$(uname -m)-linux-gnu PATH=$work/root/usr/bin:$PATH
}

# The server of Debian 12 and what it is linked with.
redis_packages=(redis-server=5:7.0.15-1~deb12u10 redis-tools=5:7.0.15-1~deb12u10
  libatomic1=12.2.0-14+deb12u1 libjemalloc2=5.3.0-1 liblzf1=3.6-3)

# serve SETTING...: starts redis-server in $work/data and waits until it answers.
serve() {
  mkdir -p "$work/data"
  redis-server --port 0 --unixsocket "$work/socket" --dir "$work/data" --save '' \
    --logfile "$work/log" "$@" >/dev/null &
  for _ in $(seq 100); do
    [ "$(ask ping 2>/dev/null)" = PONG ] && return
    sleep 0.1
  done
  cat "$work/log"
  return 1
}

ask() { redis-cli -s "$work/socket" "$@"; }

stop() {
  ask shutdown nosave >/dev/null 2>&1 || true
  wait
}

# expect WHAT SEEN DUE
expect() {
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "CHANGED: this was $3"; exit 1; }
}
