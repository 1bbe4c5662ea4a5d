#!/usr/bin/env bash
# redis-server 7.0.15 (Debian 12), RESTORE ... IDLETIME and the idle times of snapshots.
#
# An RDB file has 64 bits for the idle time of a key, in seconds, and RESTORE takes as many. One
# would guess that what a server cannot hold is refused or held as the most it can. The clock has 24
# bits: a key that was idle for 20,000,000 s (231 days) is idle for 3,222,784 s (37 days) after
# RESTORE, without an error. It is then evicted after keys that were used five months later.
# Source: redis 7.0.15 src/object.c, objectSetLRUOrLFU; src/server.h, LRU_CLOCK_MAX.
cd "$(dirname "$0")" && . ./packages.bash
unpack "${redis_packages[@]}"

serve --maxmemory-policy allkeys-lru
ask set k v >/dev/null
ask --no-raw dump k >/dev/null
idle() {  # SECONDS: of a copy that was restored with them, to the nearest hundred
  ask eval "redis.call('del', 'c'); redis.call('restore', 'c', 0, redis.call('dump', 'k'), 'IDLETIME', ARGV[1]); return (redis.call('object', 'idletime', 'c') + 50) / 100" 0 "$1"
}
expect "16,000,000 s, in hundreds" "$(idle 16000000)" 160000
expect "20,000,000 s, in hundreds" "$(idle 20000000)" 32228
stop
