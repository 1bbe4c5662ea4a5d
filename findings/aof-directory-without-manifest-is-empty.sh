#!/usr/bin/env bash
# redis-server 7.0.15 (Debian 12), multi-part append-only files.
#
# A backup of appendonlydir that lacks the manifest still has every base and increment, under names
# that say what they are and in which order they come. One would guess that the server stops, or
# takes them by their names, or falls back to dump.rdb. It starts with an empty data set, exit
# status and log without an error, writes a manifest that names new files, and leaves the old ones
# beside them unread; dump.rdb is not looked at either.
# Source: redis 7.0.15 src/aof.c, aofLoadManifestFromDisk, loadAppendOnlyFiles.
cd "$(dirname "$0")" && . ./packages.bash
unpack "${redis_packages[@]}"

serve --appendonly yes
ask set kept 1 >/dev/null
ask save >/dev/null
stop
serve --appendonly yes
expect "keys with the manifest" "$(ask dbsize)" 1
stop
rm "$work"/data/appendonlydir/*.manifest
: >"$work/log"
serve --appendonly yes
expect "keys without it" "$(ask dbsize)" 0
expect "dump.rdb is there" "$([ -s "$work/data/dump.rdb" ] && echo yes)" yes
expect "warnings about it in the log" "$(grep -c 'manifest.*not\|missing' "$work/log" || true)" 0
stop
