# What the cases of tests/cli use. Source: none; `run` reads this before `cmd`.

# rdbferry ARGUMENT...
rdbferry() { "$RDBFERRY" "$@"; }

# make_rdb TOKEN...: an RDB file on standard output, see the script of that name.
make_rdb() { python3 "$TOOLS/make_rdb" "$@"; }

# show ARGUMENT...: runs rdbferry and tells all of it on standard output: the command, its standard
# output, each line of standard error behind "! ", the exit status.
show() {
  printf '$ rdbferry'
  printf ' %s' "$@"
  printf '\n'
  local status=0
  "$RDBFERRY" "$@" >"$IN/.out" 2>"$IN/.err" </dev/null || status=$?
  cat "$IN/.out"
  sed 's/^/! /' "$IN/.err"
  printf 'exit %d\n' "$status"
}

# refused NAME [COMMAND...]: each command (all four by default, and check --quick) must fail on the
# file of that name in $IN, with one line on standard error, convert with its first finding on the
# second line; prints the distinct answers.
refused() {
  local name=$1 command status
  shift
  [ $# -gt 0 ] || set -- info check 'check --quick' dump convert
  for command in "$@"; do
    status=0
    case $command in
      convert*)
        rdbferry $command "$IN/$name" out.rdb >/dev/null 2>"$IN/.report" || status=$?
        sed -n "1{h;/: not written\$/!{p;q}};2s|^  [a-z]* *|$IN/$name: |p" "$IN/.report" >"$IN/.err" ;;
      *) rdbferry $command "$IN/$name" >/dev/null 2>"$IN/.err" || status=$? ;;
    esac
    printf '%s\t%s\t%s\n' "$command" "$status" "$(sed "s|$IN/||" "$IN/.err")"
  done | answers
}

# Lines of command, exit status and words: joins the commands that answer the same.
answers() {
  awk -F'\t' '
    NF < 3 { print "more than one line: " $0; next }
    { answer = "exit " $2 ": " $3 }
    !(answer in who) { order[++n] = answer }
    { who[answer] = who[answer] (who[answer] == "" ? "" : ", ") $1 }
    END { for (i = 1; i <= n; ++i) print order[i] "   (" who[order[i]] ")" }'
}

# lz4_frame FILE: the file in an LZ4 frame, stored, on standard output.
lz4_frame() {
  printf '\x04\x22\x4d\x18\x60\x40\x82'
  python3 -c '
import struct, sys
data = open(sys.argv[1], "rb").read()
for at in range(0, len(data), 65536):
    block = data[at:at + 65536]
    sys.stdout.buffer.write(struct.pack("<I", len(block) | 1 << 31) + block)
sys.stdout.buffer.write(bytes(4))' "$1"
}

# as_another [GROUP...]: from here on rdbferry is run by another user than root, with no other groups
# than these. False: that cannot be, and why is on standard error.
as_another() {
  if [ "$(id -u)" != 0 ]; then
    echo "only root can become another user" >&2
    return 1
  elif grep -q GCOV_PREFIX "$RDBFERRY"; then
    echo "a program that counts lines cannot write its counts as another user" >&2
    return 1
  fi
  local groups=--clear-groups
  [ $# -eq 0 ] || groups=--groups=$(IFS=,; echo "$*")
  local user="setpriv --reuid=65534 --regid=65534 $groups"
  if ! command -v setpriv > /dev/null || ! cp "$RDBFERRY" "$IN/program" ||
    ! $user "$IN/program" --version > /dev/null 2>&1; then
    echo "root may do everything, and setpriv (util-linux) does not run here" >&2
    return 1
  fi
  printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$user" "$IN/program" > "$IN/as-another"
  chmod 755 "$IN/as-another"
  RDBFERRY=$IN/as-another
}
