#!/usr/bin/env bash
# Two nodes: ping and perf, private networks, and all that can go wrong on the way.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

home=$work/one
up
id=${addr##*/}
port=$(port_of "$addr")

run ping "$addr" -c 3 -i 0
is "ping: exit code" "$rc" 0
is "ping: a line for each" "$(grep -cE "^reply from $id: seq=[123] time=[0-9]+\.[0-9]{3} ms$" <<<"$out")" 3
like "ping: a summary" "$out" '^3 sent, 3 received, 0 lost$'
like "ping: min, median, max" "$out" '^round trip min/median/max = [0-9.]+/[0-9.]+/[0-9.]+ ms$'
run ping "127.0.0.1:$port" -c2 --interval=0.01 --json
like "ping --json with host:port" "$out" \
    "^\{\"peer\":\"$id\",\"count\":2,\"lost\":0,\"rttMs\":\{\"min\":[0-9.]+,\"median\":[0-9.]+,\"max\":[0-9.]+\}\}$"
run ping "localhost:$port" -c 1 --json
like "ping by name" "$out" "\"peer\":\"$id\""
run ping "/dns4/localhost/tcp/$port" -c 1
is "ping by a multiaddr with a name" "$rc" 0
run --json ping "$addr" -c 1
like "--json before the command" "$out" '^\{"peer"'
run ping "$addr" -c 1000 -i 0 --json
like "a thousand round trips" "$out" '"count":1000,"lost":0'

run perf "$addr" --upload-bytes 3000000 --download-bytes 2000000
is "perf: exit code" "$rc" 0
like "perf: a final line" "$out" \
    '^\{"type":"final","timeSeconds":[0-9]+\.[0-9]+,"uploadBytes":3000000,"downloadBytes":2000000\}$'
run perf "$addr" --upload-bytes 1000 --json
like "perf: upload alone, --json" "$out" '"uploadBytes":1000,"downloadBytes":0\}$'
run perf "$addr" --download-bytes=1000
like "perf: download alone" "$out" '"uploadBytes":0,"downloadBytes":1000\}$'
run perf "$addr" --upload-bytes 0 --download-bytes 0
like "perf: nothing at all" "$out" '^\{"type":"final",.*"uploadBytes":0,"downloadBytes":0\}$'

stranger=12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA
problem "another peer answers: ping" 1 'another peer answers at' ping "/ip4/127.0.0.1/tcp/$port/p2p/$stranger" -c 1
problem "another peer answers: perf" 1 'another peer answers at' perf "${addr%/*}/$stranger" --upload-bytes 1
problem "a name that does not exist" 4 'is not known' ping no-such-host.invalid:9000 -c 1
python3 -c '
import socket, sys, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
held = [s.accept() for _ in range(2)]
time.sleep(60)' >"$work/.silent" &
started+=($!)
within 10 has_line "$work/.silent"
problem "who says nothing is given up in time" 6 'does not answer|timed out' ping "127.0.0.1:$(<"$work/.silent")" -c 1
for other in /ip4/127.0.0.1/udp/1/quic-v1 /ip4/127.0.0.1/tcp/1/ws /ip4/127.0.0.1 "/p2p/$stranger"; do
    problem "$other cannot be dialled" 2 "cannot be dialled: wavu speaks TCP|no address that can be dialled" ping "$other" -c 1
done

# Output that goes away while it runs.
(
    trap '' PIPE
    timeout 20 "$WAVU" ping "$addr" -c 1000000 -i 0 2>"$work/.err"
    echo $? >"$work/.rc"
) | head -n 1 >/dev/null
is "ping into head: it ends" "$(<"$work/.rc")" 1
is "ping into head: no complaint" "$(<"$work/.err")" ""
(
    trap '' PIPE
    timeout 20 "$WAVU" perf "$addr" --upload-bytes 1000000000000 2>"$work/.err"
    echo $? >"$work/.rc"
) | :
is "perf into a closed pipe: it ends" "$(<"$work/.rc")" 1

# The other side dies in the middle.
"$WAVU" perf "$addr" --download-bytes 1000000000000 >"$work/cut.out" 2>"$work/cut.err" </dev/null &
client=$!
started+=("$client")
is_busy() { "$WAVU" status --home "$home" --json | grep -qE '"bytesSent":[0-9]{7,}'; }
within 10 is_busy
{ kill -KILL "$pid" && wait "$pid"; } 2>/dev/null # bash would announce it
within 10 ended "$client"
wait "$client"
is "the other side is killed: exit code" $? 1
is "the other side is killed: one sentence" "$(wc -l <"$work/cut.err")" 1
if grep -q '"final"' "$work/cut.out"; then not_ok "and no final line"; else ok "and no final line"; fi
problem "nobody listens there: ping" 1 'nobody listens at' ping "$addr" -c 1
problem "nobody listens there: perf" 1 'nobody listens at' perf "$addr" --upload-bytes 1
problem "nobody listens there: --json" 1 'nobody listens at' ping "127.0.0.1:$port" -c 1 --json

# Private networks.
make_psk() {
    printf '/key/swarm/psk/1.0.0/\n/base16/\n%s\n' "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" >"$1"
}
make_psk "$work/right.key"
make_psk "$work/wrong.key"
home=$work/private
up --psk "$work/right.key"
run ping "$addr" -c 2 -i 0 --psk "$work/right.key"
is "pnet: the right key" "$rc" 0
run perf "$addr" --upload-bytes 100000 --psk="$work/right.key"
is "pnet: perf with the right key" "$rc" 0
run status --home "$home" --json
like "pnet: status says so" "$out" '"isPrivate":true'
refused() { # NAME ARGS...
    local name=$1
    shift
    run "$@"
    if [ "$rc" -ne 0 ] && [ "$rc" -lt 124 ] && [ -z "$out" ] && [ "$(wc -l <"$work/.err")" -eq 1 ]; then
        ok "$name"
    else
        not_ok "$name" "exit code $rc; $out; $err"
    fi
}
refused "pnet: a wrong key" ping "$addr" -c 1 --psk "$work/wrong.key"
refused "pnet: no key" ping "$addr" -c 1
run ping "$addr" -c 1 --psk "$work/right.key"
is "pnet: the right key afterwards" "$rc" 0
end "$pid"
problem "pnet: no such file" 4 "'$work/none.key' cannot be read: No such file" ping "$addr" --psk "$work/none.key"
: >"$work/empty.key"
problem "pnet: an empty file is no open network" 1 'is no pre-shared key' ping "$addr" --psk "$work/empty.key"
problem "pnet: an empty file is no open network for up, too" 1 'is no pre-shared key' \
    up --home "$work/p" --listen 127.0.0.1:0 --psk "$work/empty.key"
echo nonsense >"$work/bad.key"
problem "pnet: a file that is no key" 1 'is no pre-shared key' up --home "$work/p" --listen 127.0.0.1:0 --psk "$work/bad.key"
problem "pnet: a folder for a file" 1 'cannot be read: Is a directory' ping "$addr" --psk "$work"
head -c 100000 /dev/zero >"$work/big.key"
problem "pnet: an oversized file" 1 'cannot be read: File too large' ping "$addr" --psk "$work/big.key"
mkfifo "$work/pipe.key"
problem "pnet: a pipe that nobody writes" 1 'is no pre-shared key' ping "$addr" --psk "$work/pipe.key"
plan
