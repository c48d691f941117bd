#!/usr/bin/env bash
# Nodes on real networks, each in a namespace of its own on one bridge, find each other without any seed. TAP on stdout.
#
# WAVU_BIN names the program; beside it lies wavu_neighbour, a node that looks for neighbours and says what it finds.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../attack/network.bash
. "$root/tests/attack/network.bash"
WAVU=${WAVU_BIN:-$(ls -t "$root"/build/*/bin/wavu 2>/dev/null | head -n 1)}
NEIGHBOUR=$(dirname "${WAVU:-.}")/wavu_neighbour
if ! [ -x "$NEIGHBOUR" ]; then
    echo "Bail out! there is no wavu_neighbour beside the wavu to test: build it first"
    exit 1
fi
work=$(mktemp -d) || exit 1
mine=wavu$$
started=()
count=0
failures=0

finish() {
    trap - EXIT
    end_all
    local name
    for name in a b alone bridge; do
        ip netns delete "$mine$name" 2>/dev/null
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

end_all() {
    local one
    for one in "${started[@]-}"; do
        [ -n "$one" ] && kill -TERM "$one" 2>/dev/null
    done
    for one in "${started[@]-}"; do
        [ -n "$one" ] && wait "$one" 2>/dev/null
    done
    started=()
}

result() { # NAME RC [FILE...]
    count=$((count + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $count - $1"
        return
    fi
    failures=$((failures + 1))
    echo "not ok $count - $1"
    shift 2
    [ $# -eq 0 ] || cut -c 1-200 "$@" | sed 's/^/# /'
}

# start NAMESPACE FILE ARGS...: a node there, its lines in FILE.
start() {
    local space=$mine$1 file=$work/$2
    shift 2
    : >"$file"
    ip netns exec "$space" "$NEIGHBOUR" "$@" >"$file" 2>&1 </dev/null &
    started+=("$!")
}

# within SECONDS COMMAND...
within() {
    local end=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

says() { # FILE EVENT [TIMES]
    [ "$(grep -c "\"event\":\"$2\"" "$work/$1")" -ge "${3:-1}" ]
}

both_connected() {
    says "$1" connected && says "$2" connected
}

# meet NAME SECONDS: the nodes with the files one and two connect, and the word of that came in time.
meet() {
    within 20 both_connected one two
    local rc=$?
    result "$1" $rc "$work/one" "$work/two"
    [ $rc -ne 0 ] || echo "# connected after $(sed -n 's/.*"connected".*"ms":\([0-9]*\).*/\1/p' "$work/one" | head -n 1) ms"
}

obstacle=$(network_obstacle)
if [ -n "$obstacle" ]; then
    echo "ok 1 - nodes on real networks # SKIP $obstacle"
    echo "1..1"
    exit 0
fi
for name in a b alone bridge; do
    ip netns add "$mine$name" && ip -n "$mine$name" link set lo up || exit 1
done
if ! ip -n "${mine}bridge" link add wire type bridge 2>/dev/null; then
    echo "ok 1 - nodes on a bridge # SKIP this machine has no bridges"
    echo "1..1"
    exit 0
fi
ip -n "${mine}bridge" link set wire up
for name in a b; do
    ip -n "${mine}bridge" link add "port$name" type veth peer name wire netns "$mine$name" &&
        ip -n "${mine}bridge" link set "port$name" master wire up && ip -n "$mine$name" link set wire up || exit 1
done
ip -n "${mine}a" address add 10.79.0.1/24 dev wire
ip -n "${mine}b" address add 10.79.0.2/24 dev wire

is_wired() { # the system takes up to a second to believe in a new cable
    local name
    for name in a b; do
        ip -n "$mine$name" link show dev wire | grep -q "state UP" || return 1
        ip -n "${mine}bridge" link show dev "port$name" | grep -q "state UP" || return 1
    done
    ip -n "${mine}bridge" link show dev wire | grep -q "state UP"
}
within 10 is_wired

start a one beacon
start b two beacon
meet "two nodes on one bridge connect by their beacons alone"
end_all

key=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
start a one beacon --key "$key"
start b two beacon --key "$key"
meet "two nodes of a closed network connect"
start b three beacon --key "ff$key"
start b four beacon
sleep 3
! says three found && ! says four found && ! says one found 2
result "a node of another network, and one of the open network, find nobody" $? "$work/three" "$work/four"
end_all

start a one beacon --key "$key" --slot 7
start a three beacon --key "$key" --slot 8
start b two beacon --key "ff$key" --seek 7
meet "a newcomer of another network connects to the one whose join code it has"
says two inviter && ! says two found 2 && ! says three inviter
result "and hears of no other" $? "$work/two" "$work/three"
end_all

start a one mdns
start b two mdns
meet "two nodes connect by multicast DNS alone"
end_all

for name in a b; do
    ip -n "$mine$name" address flush dev wire scope global
done
has_ip6() { # two link-local addresses, and no duplicate detection under way
    local name
    for name in a b; do
        ip -n "$mine$name" -6 address show dev wire scope link | grep -q inet6 || return 1
        ! ip -n "$mine$name" -6 address show dev wire | grep -q tentative || return 1
    done
}
if within 10 has_ip6; then
    start a one beacon --listen '[::]:0'
    start b two beacon --listen '[::]:0'
    meet "with link-local IPv6 alone, by beacons"
    end_all
else
    count=$((count + 1))
    echo "ok $count - with link-local IPv6 alone # SKIP this machine has no IPv6"
fi

all_found() {
    local i
    for i in 1 2 3 4 5 6 7 8; do
        says "node$i" found 7 || return 1
    done
}
for kind in beacon mdns; do
    for i in 1 2 3 4 5 6 7 8; do
        start alone "node$i" "$kind" --quiet
    done
    within 20 all_found
    result "eight nodes on a machine without a network find each other: $kind" $? "$work"/node?
    end_all
done
echo "1..$count"
exit $((failures > 0))
