#!/usr/bin/env bash
# wavu against real libp2p nodes, both directions. TAP on stdout.
#
#   run.sh [js] [go] [rust] [noise] [--all]      default: js; --all is all of them
#
# js also has Kademlia (kad_test.py; --full there for more nodes); go and rust come without it: their Kademlia is a package of its
# own that these peers do not have.
# noise is no libp2p: it makes the transcripts of the hybrid handshake anew, which the unit tests hold wavu against.
#
# WAVU_BIN names the wavu to test (default: the newest build/*/bin/wavu); the echo client lies beside it. All
# processes listen on loopback with port 0 and are ended when this ends, however it ends. A peer that this machine
# cannot have is skipped with the reason. Exit 0 when no test failed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d) || exit 1
WAVU=${WAVU_BIN:-$(ls -t "$root"/build/*/bin/wavu 2>/dev/null | head -n 1)}
NEIGHBOUR=${WAVU_NEIGHBOUR:-$(dirname "${WAVU:-.}")/wavu_neighbour}
# shellcheck source=../attack/network.bash
. "$root/tests/attack/network.bash"
ECHO_CLIENT=${WAVU_ECHO_CLIENT:-$(dirname "${WAVU:-.}")/wavu_echo_client}
MIB=1048576
count=0
failed=0
started=()

end_process() { # PID: end it, and reap it
    kill -TERM "$1" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

clean_up() {
    trap - EXIT INT TERM
    for pid in "${started[@]-}"; do
        [ -n "$pid" ] && end_process "$pid"
    done
    network_down
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() {
    count=$((count + 1))
    echo "ok $count - $1"
}

skip() { # NAME REASON
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

not_ok() { # NAME [FILE with what happened]
    count=$((count + 1))
    failed=$((failed + 1))
    echo "not ok $count - $1"
    [ -n "${2:-}" ] && [ -s "$2" ] && tail -n 6 "$2" | cut -c 1-300 | sed 's/^/  # /'
}

# check NAME COMMAND...: ok when the command succeeds within its minute; its output is in $out either way.
out=$work/out
check() {
    local name=$1
    shift
    if timeout -k 2 60 "$@" >"$out" 2>&1; then ok "$name"; else not_ok "$name" "$out"; fi
}

# holds NAME PATTERN...: ok when $out has all of the patterns.
holds() {
    local name=$1 pattern
    shift
    for pattern in "$@"; do
        if ! grep -qE "$pattern" "$out"; then
            echo "looked for: $pattern" >>"$out"
            not_ok "$name" "$out"
            return
        fi
    done
    ok "$name"
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

# start FILE COMMAND...: run it in the background with its output in FILE; the pid is in $pid.
start() {
    local file=$1
    shift
    : >"$file" # here and not only in the child: what an earlier process left must not be read as this one's
    "$@" >"$file" 2>&1 </dev/null &
    pid=$!
    started+=("$pid")
}

address() { # FILE: the first full multiaddr that a listener printed
    grep -oE '/ip[46]/[^" ]*/p2p/[A-Za-z0-9]+' "$1" | head -n 1
}

has_address() { [ -n "$(address "$1")" ]; }

# listen FILE COMMAND...: start a listener; its address is in $addr, its pid in $pid.
listen() {
    start "$@"
    within 15 has_address "$1"
    addr=$(address "$1")
}

homes=0
wavu_up() { # FILE ARGS...: a wavu node with a home of its own, in $home
    local file=$1
    shift
    homes=$((homes + 1))
    home=$work/home$homes
    listen "$file" "$WAVU" up --discovery-port 0 --home "$home" --echo --listen /ip4/127.0.0.1/tcp/0 "$@"
}

make_psk() {
    printf '/key/swarm/psk/1.0.0/\n/base16/\n%s\n' "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" >"$1"
}

field() { # FIELD of the JSON in FILE
    grep -oE "\"$1\": *\"[^\"]*\"" "$2" | head -n 1 | sed 's/.*: *"//; s/"$//'
}

wavu_knows() { # PATTERN: the running node lists it among its peers
    timeout 10 "$WAVU" peers --home "$home" --json | grep -qE "$1"
}

wavu_forgot() {
    local listed
    listed=$(timeout 10 "$WAVU" peers --home "$home" --json) || return 1
    ! grep -qE "$1" <<<"$listed"
}

# -- the foreign peer dials wavu ---------------------------------------------------------------------------------

peer_dials() { # NAME PROGRAM
    local name="$1 dials wavu" peer=$2
    wavu_up "$work/up"
    local up=$pid
    if [ -z "$addr" ]; then
        not_ok "$name: wavu up" "$work/up"
        return
    fi
    check "$name: connects and identifies" "$peer" identify "$addr"
    holds "$name: sees wavu's name and protocols" '"agent": ?"wavu' '/ipfs/id/1\.0\.0' '/ipfs/ping/1\.0\.0' \
        '/perf/1\.0\.0' '/wavu/echo/1' "\"peer\": ?\"${addr##*/}\""
    check "$name: 200 pings on one stream" "$peer" ping "$addr" -c 200
    check "$name: 64 MiB echoed both ways at once" "$peer" echo "$addr" --bytes $((64 * MIB))
    check "$name: 256 parallel streams" "$peer" echo "$addr" --bytes 65536 --streams 256
    check "$name: perf upload 256 MiB" "$peer" perf "$addr" --upload-bytes $((256 * MIB))
    check "$name: perf download 256 MiB" "$peer" perf "$addr" --download-bytes $((256 * MIB))
    check "$name: 50 connections, 16 at a time" "$peer" handshakes "$addr" --count 50 --parallel 16
    peer_killed "$1" "$peer" "$up"
    end_process "$up"
}

# The peer dies without a word while it is connected, and another while it sends.
peer_killed() { # NAME PROGRAM PID_OF_WAVU
    local name="$1 killed abruptly" peer=$2 up=$3 id agent
    start "$work/hold" "$peer" hold "$addr"
    local holder=$pid
    within 15 grep -q '"identified"' "$work/hold"
    id=$(field peer <(grep '"self"' "$work/hold"))
    if within 5 wavu_knows "${id:-none}"; then ok "$name: wavu peers lists it before"; else
        not_ok "$name: wavu peers lists it before" "$work/hold"
    fi
    agent=$1-libp2p
    if within 5 wavu_knows "$agent"; then ok "$name: wavu peers shows its agent"; else
        not_ok "$name: wavu peers shows its agent"
    fi
    if wavu_knows "$agent[^}]*\"secured\":\"classic\""; then ok "$name: and that it speaks plain Noise"; else
        not_ok "$name: and that it speaks plain Noise"
    fi
    kill -KILL "$holder"
    wait "$holder" 2>/dev/null
    if within 10 wavu_forgot "${id:-.}"; then ok "$name: wavu peers drops it"; else
        not_ok "$name: wavu peers drops it" "$work/up"
    fi
    start "$work/cut" "$peer" perf "$addr" --upload-bytes $((64 * 1024 * MIB))
    sleep 1
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    check "$name: wavu serves on afterwards" "$peer" ping "$addr" -c 10
    if kill -0 "$up" 2>/dev/null; then ok "$name: wavu survives"; else not_ok "$name: wavu survives" "$work/up"; fi
}

# wavu dies: the peer has to notice, which it does only if wavu's sockets end with it.
wavu_killed() { # NAME PROGRAM
    wavu_up "$work/up2"
    local up=$pid
    start "$work/hold" "$2" hold "$addr"
    within 15 grep -q '"identified"' "$work/hold"
    kill -KILL "$up"
    wait "$up" 2>/dev/null
    if within 10 grep -q '"disconnected"' "$work/hold"; then ok "wavu killed abruptly: $1 notices"; else
        not_ok "wavu killed abruptly: $1 notices" "$work/hold"
    fi
    end_process "$pid"
}

# -- wavu dials the foreign peer ---------------------------------------------------------------------------------

wavu_dials() { # NAME PROGRAM
    local name="wavu dials $1" peer=$2
    listen "$work/listen" "$peer" listen
    local listener=$pid
    if [ -z "$addr" ]; then
        not_ok "$name: the peer listens" "$work/listen"
        return
    fi
    check "$name: 10 pings" "$WAVU" ping "$addr" -c 10 --json
    holds "$name: ping's JSON" '"count": *10' '"median": *[0-9.]+' "\"peer\": *\"${addr##*/}\""
    if within 5 identified_as_wavu "$work/listen"; then ok "$name: is identified as wavu"; else
        not_ok "$name: is identified as wavu" "$work/listen"
    fi
    check "$name: perf upload 256 MiB" "$WAVU" perf "$addr" --upload-bytes $((256 * MIB)) --download-bytes 0
    holds "$name: perf upload's last line" '"type": *"final"' "\"uploadBytes\": *$((256 * MIB))\\b"
    check "$name: perf download 256 MiB" "$WAVU" perf "$addr" --upload-bytes 0 --download-bytes $((256 * MIB))
    holds "$name: perf download's last line" '"type": *"final"' "\"downloadBytes\": *$((256 * MIB))\\b"
    if [ -x "$ECHO_CLIENT" ]; then
        check "$name: 64 MiB echoed both ways at once" "$ECHO_CLIENT" "$addr" --bytes $((64 * MIB)) --streams 1
        check "$name: 256 parallel streams" "$ECHO_CLIENT" "$addr" --bytes 65536 --streams 256
    else
        not_ok "$name: the echo client is built"
    fi
    refused "$name: an answer under another id is refused" "$WAVU" ping "${addr%/*}/$STRANGER" -c 1 --json
    cut_short "$name: a peer killed in mid transfer is an error" "$listener"
    end_process "$listener"
}

# The members of a line stand in each peer's own order.
identified_as_wavu() { # FILE
    grep '"identified"' "$1" | grep -qE '"agent": ?"wavu/'
}

# A well-formed id that no process here has.
STRANGER=12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA

refused() { # NAME COMMAND...: must fail, of itself and soon
    local name=$1 rc
    shift
    timeout -k 2 30 "$@" >"$out" 2>&1
    rc=$?
    if [ $rc -ne 0 ] && [ $rc -lt 124 ]; then ok "$name"; else
        echo "exit code $rc" >>"$out"
        not_ok "$name" "$out"
    fi
}

cut_short() { # NAME PID_OF_PEER: kill it while wavu perf downloads from it
    local name=$1 rc
    start "$work/cut" timeout -k 2 30 "$WAVU" perf "$addr" --upload-bytes 0 --download-bytes $((64 * 1024 * MIB))
    local client=$pid
    sleep 1
    kill -KILL "$2"
    wait "$2" 2>/dev/null
    wait "$client"
    rc=$?
    if [ $rc -ne 0 ] && [ $rc -lt 124 ]; then ok "$name"; else
        echo "exit code $rc" >>"$work/cut"
        not_ok "$name" "$work/cut"
    fi
}

# -- private networks --------------------------------------------------------------------------------------------

private() { # NAME PROGRAM
    local name=$1 peer=$2
    make_psk "$work/right.key"
    make_psk "$work/wrong.key"
    wavu_up "$work/private" --psk "$work/right.key"
    local up=$pid
    check "pnet, $name dials wavu: the right key joins" "$peer" echo "$addr" --bytes $MIB --psk "$work/right.key"
    refused "pnet, $name dials wavu: a wrong key fails" "$peer" identify "$addr" --psk "$work/wrong.key"
    refused "pnet, $name dials wavu: no key fails" "$peer" identify "$addr"
    check "pnet, $name dials wavu: the right key still joins" "$peer" ping "$addr" -c 5 --psk "$work/right.key"
    end_process "$up"
    [ -x "$ECHO_CLIENT" ] || return
    listen "$work/private2" "$peer" listen --psk "$work/right.key"
    local listener=$pid
    check "pnet, wavu dials $name: the right key joins" "$ECHO_CLIENT" "$addr" --bytes $MIB --streams 4 \
        --psk "$work/right.key"
    refused "pnet, wavu dials $name: a wrong key fails" "$ECHO_CLIENT" "$addr" --bytes 1024 --streams 1 \
        --psk "$work/wrong.key"
    end_process "$listener"
}

# -- what only the js peer can be told to do ---------------------------------------------------------------------

late_muxer() { # NAME PROGRAM: yamux by multistream-select inside the channel, not in Noise's payload
    wavu_up "$work/late"
    local up=$pid
    check "$1 without early muxer dials wavu" "$2" echo "$addr" --bytes $MIB --streams 8 --early off
    end_process "$up"
    listen "$work/late2" "$2" listen --early off
    local listener=$pid
    check "wavu dials $1 without early muxer" "$WAVU" ping "$addr" -c 5 --json
    end_process "$listener"
}

# key_of TYPE FILE: the published private key of that type, as the unit tests have it.
key_of() {
    local hex
    hex=$(grep -A 1 "^type = $1\$" "$root/tests/vectors/libp2p_keys.txt" | sed -n 's/^private = //p')
    # shellcheck disable=SC2059
    printf "$(sed 's/../\\x&/g' <<<"$hex")" >"$2"
}

# TLS, plaintext, and identities that are not Ed25519, at both ends.
secured() { # NAME PROGRAM
    local name=$1 peer=$2 case security key
    for case in tls/RSA tls/secp256k1 noise/RSA noise/secp256k1 plaintext/Ed25519; do
        security=${case%/*}
        key=${case#*/}
        key_of "${key,,}" "$work/host.key"
        listen "$work/secured" "$ECHO_CLIENT" listen --security "$security" --key "$work/host.key"
        local listener=$pid
        check "$name dials wavu over $security, both with keys of $key" "$peer" echo "$addr" --bytes $((4 * MIB)) \
            --security "$security" --key "$key"
        end_process "$listener"
        listen "$work/secured2" "$peer" listen --security "$security" --key "$key"
        listener=$pid
        check "wavu dials $name over $security, both with keys of $key" "$ECHO_CLIENT" "$addr" \
            --bytes $((4 * MIB)) --streams 2 --security "$security" --key "$work/host.key"
        if [ "$security" = tls ]; then
            check "wavu dials $name, which has only TLS, with noise before it" "$ECHO_CLIENT" "$addr" \
                --bytes 1024 --streams 1 --security noise,tls
            refused "wavu that has only Noise is refused by $name, which has only TLS" "$ECHO_CLIENT" "$addr" \
                --bytes 1024 --streams 1
        fi
        end_process "$listener"
    done
}

over_ip6() { # NAME PROGRAM
    if [ -z "$(cat /proc/net/if_inet6 2>/dev/null)" ]; then # its size is always 0
        skip "$1 over IPv6" "this machine has no IPv6 loopback"
        return
    fi
    homes=$((homes + 1))
    home=$work/home$homes
    listen "$work/six" "$WAVU" up --discovery-port 0 --home "$home" --echo --listen /ip6/::1/tcp/0
    check "$1 dials wavu over IPv6" "$2" echo "$addr" --bytes $MIB
    end_process "$pid"
    listen "$work/six2" "$2" listen --host ::1
    check "wavu dials $1 over IPv6" "$WAVU" ping "$addr" -c 5 --json
    end_process "$pid"
}

# The members of a line stand in each peer's own order.
mdns_discovered() { # FILE PEER
    grep '"discovered"' "$1" | grep -q "$2"
}

# Both find the other by multicast DNS alone, each in a network namespace of its own, on one cable.
over_mdns() { # NAME PROGRAM
    local obstacle
    obstacle=$(network_obstacle)
    if [ -n "$obstacle" ]; then
        skip "$1 and wavu by mDNS" "$obstacle"
        return
    fi
    if ! network_up || ! ip -n "$outside" route add default via "$NETWORK_NODE"; then
        not_ok "$1 and wavu by mDNS: the network"
        return
    fi
    start "$work/mdns" ip netns exec "$outside" "$2" mdns --host "$NETWORK_HONEST"
    local foreign=$pid
    within 20 grep -q '"listening"' "$work/mdns"
    start "$work/mdns2" ip netns exec "$inside" "$NEIGHBOUR" mdns
    local own=$pid id
    id=$(field peer <(grep '"listening"' "$work/mdns"))
    if within 15 grep -q "\"found\",\"peer\":\"${id:-none}\"" "$work/mdns2"; then ok "wavu finds $1 by mDNS"; else
        not_ok "wavu finds $1 by mDNS" "$work/mdns2"
    fi
    if within 15 grep -q "\"connected\",\"peer\":\"${id:-none}\"" "$work/mdns2"; then ok "wavu dials $1 found by mDNS"; else
        not_ok "wavu dials $1 found by mDNS" "$work/mdns2"
    fi
    id=$(field peer <(grep '"self"' "$work/mdns2"))
    if within 15 mdns_discovered "$work/mdns" "${id:-none}"; then ok "$1 finds wavu by mDNS"; else
        not_ok "$1 finds wavu by mDNS" "$work/mdns"
    fi
    end_process "$own"
    end_process "$foreign"
    network_down
}

# The cases of kad_test.py as cases of ours.
kademlia() {
    local line
    WAVU_BIN=$WAVU timeout -k 5 300 python3 "$here/kad_test.py" >"$work/kad" 2>&1
    while IFS= read -r line; do
        case $line in
        "ok "*) ok "kad: ${line#* - }" ;;
        "not ok "*) not_ok "kad: ${line#* - }" "$work/kad" ;;
        "1..0 # SKIP "*) skip "kad" "${line#*SKIP }" ;;
        esac
    done <"$work/kad"
    if ! grep -qE '^1\.\.' "$work/kad"; then not_ok "kad: it came to its end" "$work/kad"; fi
}

noise_transcripts() { # PROGRAM
    "$1" >"$work/transcripts" 2>&1
    if cmp -s "$work/transcripts" "$root/tests/vectors/noise_xxhfs.txt"; then
        ok "noise: snow and ml-kem still say what tests/vectors/noise_xxhfs.txt says"
    else
        not_ok "noise: snow and ml-kem still say what tests/vectors/noise_xxhfs.txt says" "$work/transcripts"
    fi
}

# What the published client says of `wavu p2pd`, test by test.
daemon_clients() {
    local client line
    client=$("$here/peers.sh" p2pd 2>"$work/reason") || {
        skip "p2pd: @libp2p/daemon-client" "$(tail -n 1 "$work/reason")"
        return
    }
    timeout -k 2 120 "$client" "$WAVU" >"$out" 2>&1 </dev/null
    while read -r line; do
        case $line in
        'ok '*) ok "${line#*- }" ;;
        'not ok '*) not_ok "${line#*- }" "$out" ;;
        esac
    done < <(cat "$out")
    grep -q '^1\.\.' "$out" || not_ok "p2pd: @libp2p/daemon-client comes to its end" "$out"
}

run_peer() { # js|go|rust|noise
    local peer reason
    peer=$("$here/peers.sh" "$1" 2>"$work/reason")
    case $? in
    0) ;;
    77)
        skip "the peer $1" "$(tail -n 1 "$work/reason")"
        return
        ;;
    *)
        not_ok "the peer $1 can be built" "$work/reason"
        return
        ;;
    esac
    if [ "$1" = noise ]; then
        noise_transcripts "$peer"
        return
    fi
    peer_dials "$1" "$peer"
    wavu_dials "$1" "$peer"
    wavu_killed "$1" "$peer"
    private "$1" "$peer"
    over_ip6 "$1" "$peer"
    if [ "$1" = js ]; then
        late_muxer "$1" "$peer"
        secured "$1" "$peer"
        kademlia
        daemon_clients
    fi
    if [ "$1" != rust ]; then
        over_mdns "$1" "$peer"
    fi
}

peers=()
for word in "$@"; do
    case $word in
    js | go | rust | noise) peers+=("$word") ;;
    --all) peers=(js go rust noise) ;;
    *) echo "usage: run.sh [js] [go] [rust] [noise] [--all]" >&2 && exit 2 ;;
    esac
done
[ ${#peers[@]} -gt 0 ] || peers=(js)

if ! [ -x "${WAVU:-}" ]; then
    echo "Bail out! there is no wavu to test: build it first, or name it in WAVU_BIN"
    exit 1
fi
for name in "${peers[@]}"; do
    run_peer "$name"
done
echo "1..$count"
[ "$failed" -eq 0 ]
