#!/usr/bin/env bash
# Whether time or memory accesses of ML-KEM, and of our comparison, depend on secrets: valgrind's memcheck is told that
# the secrets are uninitialised, and then complains about each branch and each index made from them. TAP on stdout.
#
# WAVU_BUILD names the build (default: build/release); it must be one without sanitizers, so that what is tried is what
# people run. Each operation is also run with a leak planted in it, and must then fail.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
tool=${WAVU_BUILD:-$root/build/release}/tools/crypto_mlkem_secrecy_tool
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
count=0
failed=0
LEAKED=99

ok() {
    count=$((count + 1))
    echo "ok $count - $1"
}

not_ok() {
    count=$((count + 1))
    failed=1
    echo "not ok $count - $1"
    head -n 12 "$log" | cut -c 1-200 | sed 's/^/  # /'
}

if ! command -v valgrind >/dev/null; then
    echo "1..0 # SKIP valgrind is not installed: run tools/setup.sh test"
    exit 0
fi
if ! [ -x "$tool" ]; then
    echo "Bail out! $tool is not built"
    exit 1
fi

under_valgrind() { # WORDS of the tool...
    valgrind --quiet --error-exitcode=$LEAKED "$tool" "$@" >"$log" 2>&1
}

# What memcheck says of a branch, and of an index or an address.
BRANCH='Conditional jump or move depends on uninitialised'
INDEX='Use of uninitialised value'

try() { # SET OPERATION
    under_valgrind "$1" "$2"
    case $? in
    0) ok "$2, $1: no branch and no index from a secret" ;;
    77)
        count=$((count + 1))
        echo "ok $count - $2, $1 # SKIP $(tail -n 1 "$log")"
        return
        ;;
    *) not_ok "$2, $1: no branch and no index from a secret" ;;
    esac
    for plant in branch index; do
        words=$BRANCH
        [ $plant = index ] && words=$INDEX
        under_valgrind "$1" "$2" $plant
        if [ $? -eq $LEAKED ] && grep -q "$words" "$log"; then ok "$2, $1: a planted $plant is found"; else
            not_ok "$2, $1: a planted $plant is found"
        fi
    done
}

for set in portable avx2; do
    try $set make
    try $set encapsulate
    try $set decapsulate
done
try portable equal
echo "1..$count"
exit $failed
