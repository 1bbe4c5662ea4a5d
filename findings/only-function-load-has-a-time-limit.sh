#!/usr/bin/env bash
# redis-server 7.0.15 (Debian 12), function libraries.
#
# The code of a library runs once as it is loaded. FUNCTION LOAD stops it after 500 ms and refuses the
# library. One would guess that every way into a server has this limit, so that a library too slow
# for FUNCTION LOAD is in no server. Only FUNCTION LOAD has it. A start on a snapshot and FUNCTION
# RESTORE wait for the library however long it takes.
# Source: redis 7.0.15 src/functions.c, functionLoadCommand (LOAD_TIMEOUT_MS); src/rdb.c,
# rdbFunctionLoad, gives the timeout 0.
cd "$(dirname "$0")" && . ./packages.bash
unpack "${redis_packages[@]}"

# It adds up numbers for some seconds.
code='#!lua name=slow
local sum = 0
for i = 1, 400000000 do sum = sum + i end
redis.register_function("total", function() return sum > 0 and "ready" end)'
serve
expect "FUNCTION LOAD" "$(ask function load "$code" 2>&1 | grep -o 'FUNCTION LOAD timeout')" "FUNCTION LOAD timeout"
stop

# A snapshot with that library alone: REDIS0010, opcode 245, its length in 14 bits, its text, the
# end mark, no checksum.
mkdir -p "$work/data"
size=${#code}
{
  printf 'REDIS0010\xf5'
  printf "\\x$(printf %x $((0x40 | size >> 8)))\\x$(printf %x $((size & 255)))"
  printf '%s\xff\0\0\0\0\0\0\0\0' "$code"
} >"$work/data/dump.rdb"
serve
expect "call after a start on the snapshot" "$(ask fcall total 0)" ready
ask --raw function dump | head -c -1 >"$work/dump"
ask function flush >/dev/null
began=$(date +%s%3N)
expect "FUNCTION RESTORE of its own dump" "$(ask -x function restore <"$work/dump")" OK
took=$(($(date +%s%3N) - began))
expect "it took more than 500 ms" "$((took > 500))" 1
stop
