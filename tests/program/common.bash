# What the tests of the program share: TAP, nodes that are ended whatever happens, bounded waiting.
#
# WAVU_BIN names the program; without it the newest build/*/bin/wavu is tested. Each test script has a folder of its
# own, $work, and starts its nodes with `up`, which sets $pid, $home and $addr.

set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WAVU=${WAVU_BIN:-$(ls -t "$root"/build/*/bin/wavu 2>/dev/null | head -n 1)}
if ! [ -x "${WAVU:-}" ]; then
    echo "Bail out! there is no wavu to test: build it first, or name it in WAVU_BIN"
    exit 1
fi
WAVU=$(realpath "$WAVU")
work=$(mktemp -d)
unset WAVU_HOME XDG_DATA_HOME XDG_CONFIG_HOME XDG_STATE_HOME XDG_RUNTIME_DIR STATE_DIRECTORY CONFIGURATION_DIRECTORY RUNTIME_DIRECTORY
unset LANGUAGE
export LC_ALL=C.UTF-8 # tests read English
export HOME=$work/nobody
mkdir "$HOME"
cd "$work" || exit 1
started=()
count=0
failures=0

finish() {
    local one
    for one in "${started[@]}"; do
        kill -KILL "$one" 2>/dev/null && wait "$one" 2>/dev/null
    done
    chmod -R u+rwx "$work" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

ok() {
    count=$((count + 1))
    echo "ok $count - $1"
}

not_ok() { # NAME [WHAT_WAS_SEEN]
    count=$((count + 1))
    failures=$((failures + 1))
    echo "not ok $count - $1"
    [ $# -lt 2 ] || sed 's/^/# /' <<<"$2"
}

skip() { # NAME REASON
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

is() { # NAME SEEN EXPECTED
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "saw '$2', expected '$3'"; fi
}

like() { # NAME TEXT REGEX
    if grep -qE -- "$3" <<<"$2"; then ok "$1"; else not_ok "$1" "saw '$2', expected /$3/"; fi
}

plan() {
    echo "1..$count"
    exit $((failures > 0))
}

# run ARGS...: run the program to its end; $rc, $out and $err are what it said.
run() {
    timeout -k 1 30 "$WAVU" "$@" >"$work/.out" 2>"$work/.err" </dev/null
    rc=$?
    out=$(<"$work/.out")
    err=$(<"$work/.err")
}

# problem NAME CODE REGEX ARGS...: it fails with the code, one sentence that matches, and nothing on stdout.
problem() {
    local name=$1 code=$2 regex=$3
    shift 3
    run "$@"
    if [ "$rc" -eq "$code" ] && [ -z "$out" ] && [ "$(wc -l <"$work/.err")" -eq 1 ] &&
        grep -qE -- "^wavu: .*$regex" <<<"$err"; then
        ok "$name"
    else
        not_ok "$name" "exit code $rc (expected $code); stdout '$out'; stderr '$err' (expected /$regex/)"
    fi
}

# within SECONDS COMMAND...: repeat the command until it succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

has_line() { grep -q . "$1"; }

homes=0
# up ARGS...: start a node on loopback, in $home when that is set by the caller, else in a new one.
up() {
    if [ -z "${home:-}" ]; then
        homes=$((homes + 1))
        home=$work/home$homes
    fi
    up_at "$home" --listen 127.0.0.1:0 "$@"
}

# up_at HOME ARGS...: as up, with exactly these arguments.
up_at() {
    local at=$1
    shift
    : >"$work/up.out"
    "$WAVU" up --discovery-port 0 --home "$at" "$@" >"$work/up.out" 2>"$work/up.err" </dev/null &
    pid=$!
    started+=("$pid")
    within 10 has_line "$work/up.out"
    addr=$(head -n 1 "$work/up.out")
}

# open_code HOME ARGS...: wavu invite waits in the background; $code is the code, $inviting who waits, $work/invite what it says.
open_code() {
    local at=$1
    shift
    : >"$work/invite" # an earlier code is not this one
    "$WAVU" invite --home "$at" "$@" >"$work/invite" 2>&1 </dev/null &
    inviting=$!
    started+=("$inviting")
    within 10 grep -q '^waiting' "$work/invite"
    code=$(sed -nE 's/^    wavu join ([^ ]+)$/\1/p' "$work/invite")
}

ended() { ! kill -0 "$1" 2>/dev/null; }

# end PID [SIGNAL]: end a node; $rc is its exit code, 255 when it does not end within 2 s.
end() {
    local begun=${EPOCHREALTIME/./}
    kill "-${2:-TERM}" "$1"
    within 3 ended "$1"
    took_ms=$(((${EPOCHREALTIME/./} - begun) / 1000))
    rc=255
    if ended "$1"; then
        wait "$1"
        rc=$?
    fi
}

port_of() { sed -E 's#.*/tcp/([0-9]+)/.*#\1#' <<<"$1"; }
