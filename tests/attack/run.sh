#!/usr/bin/env bash
# A node under attack, for real: an attacker with 65,536 addresses and an honest peer at the other end of a cable.
#
# After each attack: the node lives, a counter says what it did about it, its memory stayed within MEMORY_KIB and comes
# back to where it was, an honest peer gets its ping through meanwhile, at the third try at the latest, and the log at level info has nothing to say.
# shellcheck source=../program/common.bash
. "$(dirname "${BASH_SOURCE[0]}")/../program/common.bash"
# shellcheck source=network.bash
. "$root/tests/attack/network.bash"

MEMORY_KIB=32768     # a tenth of what docs/LIMITS.md allows; an idle node holds about 1 MiB
MEMORY_LEFT_KIB=4096 # above what it held before, a second after the attack
attacker=$(dirname "$WAVU")/../tools/attack_attacker_tool
why=$(network_obstacle)
[ -n "$why" ] || [ -x "$attacker" ] || why="the attacker is not built (ninja attack_attacker_tool)"
[ -n "$why" ] || command -v python3 >/dev/null || why="python3 is not installed"
if [ -n "$why" ]; then
    skip "a node under attack" "$why"
    plan
fi
trap 'finish; network_down' EXIT
network_up || { not_ok "two namespaces with a cable"; plan; }

: >"$work/up.out"
ip netns exec "$inside" "$WAVU" up --discovery-port 0 --home "$work/node" --listen $NETWORK_NODE:9000 --log-level info \
    >"$work/up.out" 2>"$work/up.err" </dev/null &
node=$!
started+=("$node")
within 10 has_line "$work/up.out" || { not_ok "the node starts" "$(<"$work/up.err")"; plan; }
probe=$root/tests/attack/probe.py

counter() { awk -v name="$1" '$1 == name { print $2 }' <<<"$2"; }

# grew COUNTER BEFORE AFTER: by how much
grew() { echo $(($(counter "$1" "$3") - $(counter "$1" "$2"))); }

# attack NAME MODE COUNTERS LEAST ARGS...: attack for two seconds and more; COUNTERS (joined by commas) grow by at
# least LEAST in all.
attack() {
    local name=$1 mode=$2 counter=$3 least=$4
    shift 4
    local before after held peak left ping one grown=0
    before=$("$probe" metrics "$work/node")
    held=$("$probe" memory "$node")
    ip netns exec "$outside" "$attacker" "$mode" $NETWORK_NODE 9000 --from $NETWORK_CROWD --prefixes 256 --seconds 2.5 "$@" \
        >"$work/attack.out" 2>&1 &
    local running=$!
    "$probe" watch "$node" 2.6 >"$work/peak.out" &
    local watching=$!
    sleep 0.7
    # Who comes in the middle of thousands of handshakes may be put out as one of the oldest: then a person tries again.
    local pinged=1 tries=0
    while [ "$pinged" -ne 0 ] && [ "$tries" -lt 3 ]; do
        tries=$((tries + 1))
        ping=$(timeout 15 ip netns exec "$outside" "$WAVU" ping $NETWORK_NODE:9000 -c 2 --home "$work/honest" 2>&1)
        pinged=$?
    done
    wait "$running"
    local attacked=$?
    wait "$watching"
    peak=$(<"$work/peak.out")
    within 10 is_back "$held"
    left=$("$probe" memory "$node")
    after=$("$probe" metrics "$work/node")
    for one in ${counter//,/ }; do
        grown=$((grown + $(grew "$one" "$before" "$after")))
    done
    is "$name: the attack took place" "$attacked" 0
    if [ "$grown" -ge "$least" ]; then
        ok "$name: $counter says why"
    else
        not_ok "$name: $counter says why" "it grew by '$grown', expected $least or more; $(<"$work/attack.out")"
    fi
    if [ "$peak" -le $MEMORY_KIB ]; then ok "$name: memory stays small"; else not_ok "$name: memory stays small" "$peak KiB"; fi
    if is_back "$held"; then ok "$name: memory comes back"; else not_ok "$name: memory comes back" "$held, then $left KiB"; fi
    is "$name: an honest peer gets through" "$pinged" 0
    [ "$pinged" -eq 0 ] || sed 's/^/# /' <<<"$ping"
    echo "# $mode: honest at try $tries; $counter +$grown, memory $held -> $peak -> $left KiB; $(<"$work/attack.out")"
}

is_back() { [ "$("$probe" memory "$node")" -le $(($1 + MEMORY_LEFT_KIB)) ]; }

# Before the handshake. 256 prefixes with 64 handshakes each make 16,384 at once: later ones meet empty buckets.
attack "10,000 half-open connections" silent conns_dropped_limit_total 5000 --open 10000 --rate 6000
attack "one byte a second" drip conns_refused_rate_total,conns_dropped_limit_total 100 --open 10000 --rate 6000
attack "garbage" garbage conns_dropped_proto_total 100 --rate 2000
attack "reconnecting as fast as possible" reconnect conns_handshakes_failed_total 500
attack "handshakes left half done" halves conns_handshakes_failed_total 500 --rate 2000
attack "a flood from one prefix" garbage conns_refused_rate_total 1000 --prefixes 1 --rate 2000
# Behind it.
attack "frames without a tag" tagless conns_dropped_crypto_total 20
attack "streams for ever" opens conns_dropped_limit_total 20
attack "streams opened and reset" churn streams_refused_rate_total 500
attack "data past the window" past conns_dropped_proto_total 20
attack "a frame of 4 GiB" giant conns_dropped_proto_total 20
attack "credit past all bounds" credits conns_dropped_proto_total 20
attack "pings by the thousand" pings conns_dropped_limit_total 20
attack "pushes of identify full of junk" pushes identify_bad_total 500
attack "256 streams that nobody reads" hoard streams_refused_total 200

is "the log has not a line but its first" "$(grep -vcx "info up: the node is up" "$work/up.err")" 0
if kill -0 "$node" 2>/dev/null; then ok "the node lives"; else not_ok "the node lives"; fi
end "$node"
is "and ends in good order" "$rc" 0
plan
