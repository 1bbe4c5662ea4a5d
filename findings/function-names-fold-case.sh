#!/usr/bin/env bash
# redis-server 7.0.15 (Debian 12), function libraries.
#
# Keys and library names are told apart by case. One would guess the same of functions: that a
# library with the function `f` and one with `F` can be loaded together. They cannot: functions are
# in a table that folds case, so the second FUNCTION LOAD is refused, and FCALL F runs f. A merge of
# the snapshots of two servers, each sound, makes a file that no server loads.
# Source: redis 7.0.15 src/functions.c, functionDictType (dictSdsCaseHash) and libraryDictType (dictSdsHash).
cd "$(dirname "$0")" && . ./packages.bash
unpack "${redis_packages[@]}"

serve
library() { printf '#!lua name=%s\nredis.register_function("%s", function() return "%s of %s" end)' "$1" "$2" "$2" "$1"; }
expect "load f in one" "$(ask function load "$(library one f)")" one
expect "load F in two" "$(ask function load "$(library two F)" 2>&1)" "ERR Function F already exists"
expect "load g in ONE" "$(ask function load "$(library ONE g)")" ONE
expect "call F" "$(ask fcall F 0)" "f of one"
stop
