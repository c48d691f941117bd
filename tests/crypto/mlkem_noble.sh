#!/usr/bin/env bash
# wavu's ML-KEM-768 beside that of @noble/post-quantum: 10,000 random cases, and 1,000 for each set of steps that is not
# used here by itself. TAP on stdout; skipped with the reason where npm's registry or Node.js is missing.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
own=${WAVU_BUILD:-$root/build/release}/bin/wavu_mlkem
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

if ! [ -x "$own" ]; then
    echo "Bail out! $own is not built"
    exit 1
fi
peer=$("$root/tests/interop/peers.sh" mlkem 2>"$work/reason")
case $? in
0) ;;
77)
    echo "1..0 # SKIP $(tail -n 1 "$work/reason")"
    exit 0
    ;;
*)
    echo "1..1"
    echo "not ok 1 - the peer can be built"
    sed 's/^/  # /' "$work/reason"
    exit 1
    ;;
esac

echo "1..3"
count=0
failed=0
try() { # SET CASES
    count=$((count + 1))
    timeout -k 2 600 "$peer" "$own" "$1" "$2" >"$work/out" 2>&1
    case $? in
    0) echo "ok $count - $1: $(tail -n 1 "$work/out")" ;;
    77) echo "ok $count - $1 # SKIP $(tail -n 1 "$work/out")" ;;
    *)
        failed=1
        echo "not ok $count - $1: $2 cases agree"
        tail -n 5 "$work/out" | sed 's/^/  # /'
        ;;
    esac
}
try house 10000
try portable 1000
try avx2 1000
exit $failed
