#!/usr/bin/env bash
# redis-server 7.0.15 (Debian 12), aof-timestamp-enabled yes.
#
# A server that is killed may leave the last line of its append-only file incomplete. One would
# guess that the next start cuts an incomplete annotation off, as it cuts an incomplete command
# (aof-load-truncated yes). It loads the file without a word, leaves the line, and appends its next
# commands to that line. The start after that refuses the file: "Bad file format".
# Source: redis 7.0.15 src/aof.c, loadSingleAppendOnlyFile: a line that begins with '#' is skipped
# whether or not it ends.
cd "$(dirname "$0")" && . ./packages.bash
unpack "${redis_packages[@]}"

dir=$work/data/appendonlydir
mkdir -p "$dir"
printf '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n#TS:12345' >"$dir/a.1.incr.aof"
printf 'file a.1.incr.aof seq 1 type i\n' >"$dir/a.manifest"
serve --appendonly yes --appendfilename a
expect "keys after the first start" "$(ask dbsize)" 1
expect "write" "$(ask set b 2)" OK
stop
status=0
timeout 20 redis-server --port 0 --unixsocket "$work/socket" --dir "$work/data" --save '' --appendonly yes --appendfilename a \
  >"$work/second" 2>&1 || status=$?
expect "status of the second start" "$status" 1
expect "its reason" "$(grep -o 'Bad file format' "$work/second" | head -1)" "Bad file format"
