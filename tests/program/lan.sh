#!/usr/bin/env bash
# Two `wavu up`, each in a network namespace of its own on one bridge, told nothing, are a mesh. The parts of the search are
# looked at one by one in tests/discovery/lan.sh; this is the whole program with its defaults.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"
# shellcheck source=../attack/network.bash
. "$root/tests/attack/network.bash"

obstacle=$(network_obstacle)
if [ -n "$obstacle" ]; then
    skip "two nodes on one bridge find each other" "$obstacle"
    plan
fi
mine=wavu$$

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

leave() {
    trap - EXIT
    end_all
    local name
    for name in a b bridge; do
        ip netns delete "$mine$name" 2>/dev/null
    done
    finish
}
trap leave EXIT

for name in a b bridge; do
    ip netns add "$mine$name" && ip -n "$mine$name" link set lo up || exit 1
done
if ! ip -n "${mine}bridge" link add wire type bridge 2>/dev/null; then
    skip "two nodes on one bridge find each other" "this machine has no bridges"
    plan
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

# start NAMESPACE HOME ARGS...: a node there.
start() {
    local space=$mine$1 home=$work/$2
    shift 2
    ip netns exec "$space" "$WAVU" up --home "$home" "$@" >"$home.out" 2>"$home.err" </dev/null &
    started+=("$!")
}

# both FIELD COUNT ONE TWO: both nodes' status says so.
both() {
    local one
    for one in "$3" "$4"; do
        [ "$("$WAVU" status --json --home "$work/$one" 2>/dev/null | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p")" = "$2" ] || return 1
    done
}

heard() { # TEXT HOME
    "$WAVU" events --all --no-follow --home "$work/$2" 2>/dev/null | grep -q "\"text\":\"$1\""
}

# meet WHAT ONE TWO: they become neighbours, know each other, and a broadcast of one reaches the other.
meet() {
    local begun=${EPOCHREALTIME/./}
    if within 20 both neighbours 1 "$2" "$3" && within 10 both members 2 "$2" "$3"; then
        ok "$1: they become one mesh without a seed"
        echo "# after $(((${EPOCHREALTIME/./} - begun) / 1000)) ms"
    else
        not_ok "$1: they become one mesh without a seed" "$(cat "$work/$2.err" "$work/$3.err")"
    fi
    run broadcast "from $2" --home "$work/$2"
    if within 10 heard "from $2" "$3"; then ok "$1: a broadcast arrives"; else not_ok "$1: a broadcast arrives"; fi
}

within 10 is_wired
start a silent1 --discovery-port 0
start b silent2 --discovery-port 0
within 10 both members 1 silent1 silent2
sleep 4 # a node that looks around has met others by then
if both peers 0 silent1 silent2; then
    ok "with discovery_port 0 they stay alone"
else
    not_ok "with discovery_port 0 they stay alone"
fi
end_all

start a four1
start b four2
meet "on one bridge with IPv4" four1 four2
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
    start a six1
    start b six2
    meet "with link-local IPv6 alone" six1 six2
    end_all
else
    skip "with link-local IPv6 alone" "this machine has no IPv6"
fi
plan
