#!/usr/bin/env bash
# redis-server 7.0.15 (Debian 12), multi-part append-only files.
#
# An increment is named by the manifest as the continuation of the file before it, and a server
# writes no SELECT at the start of a rewrite's increment where none is needed. One would guess that
# the selected database goes on from one file to the next, as it does within one file. It does not:
# each file is loaded by a client of its own that begins in database 0, and a write that stands
# alone at the start of the second increment lands in database 0.
# Source: redis 7.0.15 src/aof.c, loadSingleAppendOnlyFile: createAOFClient() for each file.
# What follows from it: increments cannot be joined or cut between two commands without looking for
# the SELECT that holds there.
cd "$(dirname "$0")" && . ./packages.bash
unpack "${redis_packages[@]}"

command() {  # RESP of the words
  printf '*%d\r\n' $#
  for word in "$@"; do printf '$%d\r\n%s\r\n' ${#word} "$word"; done
}
dir=$work/data/appendonlydir
mkdir -p "$dir"
{ command SELECT 5; command SET first 1; } >"$dir/a.1.incr.aof"
command SET second 2 >"$dir/a.2.incr.aof"
printf 'file a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n' >"$dir/a.manifest"
serve --appendonly yes --appendfilename a
expect "database 5" "$(ask -n 5 keys '*')" first
expect "database 0" "$(ask -n 0 keys '*')" second
stop

# The same commands in one file.
{ cat "$dir/a.1.incr.aof"; command SET second 2; } >"$dir/a.3.incr.aof"
printf 'file a.3.incr.aof seq 3 type i\n' >"$dir/a.manifest"
serve --appendonly yes --appendfilename a
expect "database 5, of one file" "$(ask -n 5 keys '*' | sort | tr '\n' ' ')" "first second "
stop
