#!/usr/bin/env bash
# wavu up and the questions to it: addresses, status, peers, signals, one node a home.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

ADDRESS='^/ip4/127\.0\.0\.1/tcp/[1-9][0-9]*/p2p/12D3KooW[1-9A-HJ-NP-Za-km-z]+$'

home= up
like "up prints its address" "$addr" "$ADDRESS"
is "up prints nothing else" "$(wc -l <"$work/up.out")" 1
is "up says nothing without a terminal" "$(<"$work/up.err")" ""
id=${addr##*/}
home=$work/home1
run id --home "$home"
is "id names the running node" "$out" "$id"
run id --home="$home" --json
is "id --json" "$out" "{\"peerId\":\"$id\"}"
run status --home "$home"
is "status: exit code" "$rc" 0
like "status names the node" "$out" "^peer id +$id$"
like "status names its address" "$out" "^addresses +$addr$"
like "status names the mesh" "$out" '^mesh +open$'
run status --home "$home" --json
like "status --json" "$out" "^\{\"peerId\":\"$id\",.*\"uptimeMs\":[0-9]+,.*\"peers\":0,.*\"isPrivate\":false,.*\"mesh\":\{\"members\":1,.*\}\}$"
WAVU_HOME=$home run status
is "WAVU_HOME moves the state" "$rc" 0
run --home "$home" status
is "--home may stand before the command" "$rc" 0
run peers --home "$home"
is "peers of a lonely node" "$out" "no peers yet"
run peers --home "$home" --json
is "peers --json of a lonely node" "$out" '{"peers":[]}'
is "the home is private" "$(stat -c %a "$home")" 700
is "the key is private" "$(stat -c '%a %s' "$home/device.key")" "600 32"
is "the control socket is private" "$(stat -c '%a %F' "$home/control.sock")" "600 socket"

# A second node in the same home, and one at the same port.
problem "a second node in the home" 7 "a node runs in '$home' already" up --home "$home" --listen 127.0.0.1:0
problem "a port that is taken" 7 "port $(port_of "$addr") .*is taken by another process; .*--listen" \
    up --home "$work/other" --listen "127.0.0.1:$(port_of "$addr")"
run status --home "$home"
is "the first one is untouched" "$rc" 0
if [ -e "$work/other/control.sock" ]; then not_ok "who fails to start leaves no socket"; else ok "who fails to start leaves no socket"; fi
problem "an address of another machine" 1 'is no address of this machine' up --home "$work/other" --listen 192.0.2.1:0
problem "a name to listen at" 2 'takes an IP address' up --home "$work/other" --listen localhost:0
problem "a protocol that is not spoken" 2 'cannot listen' up --home "$work/other" --listen /ip4/127.0.0.1/udp/0

# Somebody is connected: a ping that does not end.
"$WAVU" ping "$addr" -c 1000000 -i 0.05 >"$work/ping.out" 2>&1 </dev/null &
pinger=$!
started+=("$pinger")
has_peer() { "$WAVU" peers --home "$home" --json | grep -q '"agent":"wavu/'; }
if within 10 has_peer; then ok "peers --json lists who is connected"; else not_ok "peers --json lists who is connected"; fi
run peers --home "$home"
like "peers shows a table" "$out" '^PEER +ROUND TRIP +SECURED$'
like "peers shows the peer" "$out" '^12D3KooW[^ ]+ +([0-9.]+ ms|-) +hybrid$'
is "the table fits 80 columns" "$(awk 'length > 80' <<<"$out")" ""
run peers --home "$home" --wide
like "peers --wide shows a table" "$out" '^PEER +ROUND TRIP +SECURED +DIRECTION +CONNECTED +AGENT +ADDRESS$'
like "peers --wide shows the peer" "$out" '^12D3KooW[^ ]+ .* hybrid +inbound .* wavu/[0-9.]+ +/ip4/127\.0\.0\.1/tcp/[0-9]+$'
run peers --home "$home" --json
like "peers --json says how it is secured" "$out" '"secured":"hybrid"'
run status --home "$home" --json
like "status counts it" "$out" '"peers":1,"connections":1'
end "$pinger" INT
is "Ctrl+C ends a ping in good order" "$rc" 0
like "and it sums up" "$(<"$work/ping.out")" '^[0-9]+ sent, [0-9]+ received, 0 lost$'
is_lonely() { "$WAVU" peers --home "$home" --json | grep -q '^{"peers":\[\]}$'; }
if within 5 is_lonely; then ok "peers forgets who left"; else not_ok "peers forgets who left"; fi

# The control socket with a client of any kind.
if command -v python3 >/dev/null; then
    talk() { # LINE...: send the lines to the socket, print what comes back until it closes or a second passes
        python3 - "$home/control.sock" "$@" <<'PYTHON'
import socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(10)
    s.connect(sys.argv[1])
    try:
        s.sendall("".join(line + "\n" for line in sys.argv[2:]).encode() if sys.argv[2] != "LONG" else b"x" * 200000 + b"\n")
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    try:
        while data := s.recv(65536):
            sys.stdout.write(data.decode())
    except ConnectionError:
        pass
PYTHON
    }
    like "rpc.version" "$(talk '{"jsonrpc":"2.0","method":"rpc.version","id":1}')" \
        '^\{"jsonrpc":"2.0","result":\{"rpc":1,"version":"[0-9.]+"\},"id":1\}$'
    like "node.id" "$(talk '{"jsonrpc":"2.0","method":"node.id","id":"x"}')" "\"peerId\":\"$id\",\"addresses\":\[\"$addr\"\]"
    like "node.metrics" "$(talk '{"jsonrpc":"2.0","method":"node.metrics","id":1}')" '"counters":\{"[a-z_]+":[0-9]+'
    like "an unknown method" "$(talk '{"jsonrpc":"2.0","method":"node.eat","id":1}')" '"code":-32601'
    like "garbage" "$(talk 'GET / HTTP/1.1')" '"code":-32700'
    like "no request" "$(talk '{}')" '"code":-32600'
    like "parameters that nobody takes" "$(talk '{"jsonrpc":"2.0","method":"node.id","params":[1],"id":1}')" '"code":-32602'
    is "three lines, two answers" "$(talk '{"jsonrpc":"2.0","method":"rpc.version","id":1}' \
        '{"jsonrpc":"2.0","method":"rpc.version"}' '{"jsonrpc":"2.0","method":"rpc.version","id":2}' | wc -l)" 2
    like "a line that is too long" "$(talk LONG)" '"code":-32000'
    run status --home "$home"
    is "the node answers on" "$rc" 0
else
    skip "the control socket's errors" "there is no python3 to speak to it"
fi

# Ends.
end "$pid" TERM
is "SIGTERM: exit code" "$rc" 0
if [ "$took_ms" -lt 2000 ]; then ok "SIGTERM: within 2 s"; else not_ok "SIGTERM: within 2 s" "$took_ms ms"; fi
if [ -e "$home/control.sock" ]; then not_ok "its socket is gone"; else ok "its socket is gone"; fi
problem "status without a node" 3 "no node runs in '$home'; start one with 'wavu up'" status --home "$home"
problem "peers without a node" 3 'no node runs' peers --home "$home" --json
problem "status without a home" 3 'no node runs' status --home "$work/nowhere"
up
is "it comes back under the same id" "${addr##*/}" "$id"
end "$pid" INT
is "SIGINT: exit code" "$rc" 0
up
{ kill -KILL "$pid" && wait "$pid"; } 2>/dev/null # bash would announce it
problem "status after kill -9" 3 'no node runs' status --home "$home"
up
is "a socket that a killed node left is replaced" "${addr##*/}" "$id"

# A busy node still ends in time: somebody is connected.
"$WAVU" ping "$addr" -c 1000000 -i 0 >/dev/null 2>"$work/ping.err" </dev/null &
pinger=$!
started+=("$pinger")
within 10 has_peer
end "$pid"
is "SIGTERM under load: exit code" "$rc" 0
if [ "$took_ms" -lt 2000 ]; then ok "SIGTERM under load: within 2 s"; else not_ok "SIGTERM under load: within 2 s" "$took_ms ms"; fi
within 10 ended "$pinger"
wait "$pinger"
is "whoever pinged it is told" $? 1
is "in one sentence" "$(wc -l <"$work/ping.err")" 1

# A second signal does not wait for anybody.
home=$work/home1 up
"$WAVU" ping "$addr" -c 1000000 -i 0.05 >/dev/null 2>&1 </dev/null &
pinger=$!
started+=("$pinger")
within 10 has_peer
kill -TERM "$pid"
gone() { ! [ -e "$work/home1/control.sock" ]; }
within 3 gone
end "$pid" INT
is "a second signal: exit code" "$rc" 0
if [ "$took_ms" -lt 700 ]; then ok "a second signal ends it at once"; else not_ok "a second signal ends it at once" "$took_ms ms"; fi
within 10 ended "$pinger"

# Logs name nobody.
home=$work/logs up --log-level debug
run ping "$addr" -c 2 -i 0
run ping "${addr%/*}/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA" -c 1
end "$pid"
like "--log-level debug says something" "$(<"$work/up.err")" '^debug [a-z]+: '
if grep -qE '12D3KooW|127\.0\.0\.1' "$work/up.err"; then
    not_ok "logs hold no address and no id" "$(<"$work/up.err")"
else
    ok "logs hold no address and no id"
fi

# A terminal that goes away, and what is asked of daemons to read their settings again.
home=$work/hup up
echo 'bind_addr = "127.0.0.1:9123"' >"$work/hup/wavu.toml"
kill -HUP "$pid"
within 5 grep -q bind_addr "$work/up.err"
is "SIGHUP is answered in the log" "$(<"$work/up.err")" \
    'warn up: the settings were read again; changed: nothing; at the next start: bind_addr'
rm "$work/hup/wavu.toml"
run status --home "$work/hup"
is "and ends nothing" "$rc" 0
end "$pid"
is "SIGTERM does" "$rc" 0

# An address to listen at that names a peer.
foreign=12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA
problem "to listen for another peer" 2 'names another peer than this node.*leave /p2p/\.\.\. out$' \
    up --home "$work/hup" --discovery-port 0 --listen "/ip4/127.0.0.1/tcp/0/p2p/$foreign"
run id --home "$work/hup"
own=$out
up_at "$work/hup" --listen "/ip4/127.0.0.1/tcp/0/p2p/$own"
is "its own id may stand there" "${addr##*/}" "$own"
end "$pid"

# Who else could read the keys.
is "a home of its own making is nobody else's: no warning" "$(<"$work/up.err")" ""
chmod 644 "$work/hup/device.key"
up_at "$work/hup" --listen 127.0.0.1:0
like "an open key file is warned about" "$(<"$work/up.err")" "^wavu: warning: others than you have rights on '.*/device.key' \\(mode 644\\).*: chmod 600 '.*/device.key'\$"
end "$pid"
chmod 600 "$work/hup/device.key"
chmod 755 "$work/hup"
up_at "$work/hup" --listen 127.0.0.1:0
like "and so is an open home" "$(<"$work/up.err")" "^wavu: warning: .* \\(mode 755\\).*: chmod 700 '.*/hup'\$"
is "in one line" "$(wc -l <"$work/up.err")" 1
end "$pid"

# Other ways to start.
home=$work/json up --json
like "up --json" "$addr" '^\{"peerId":"12D3KooW[^"]+","addresses":\["/ip4/127\.0\.0\.1/tcp/[0-9]+/p2p/12D3KooW[^"]+"\]\}$'
end "$pid"
home=$work/two up --listen /ip4/127.0.0.1/tcp/0
is "two listeners, two addresses" "$(wc -l <"$work/up.out")" 2
is "under one id" "$(sed 's#.*/##' "$work/up.out" | sort -u | wc -l)" 1
end "$pid"
home=$work/short up --ephemeral
short=${addr##*/}
end "$pid"
if [ -e "$work/short/device.key" ]; then not_ok "--ephemeral keeps no key"; else ok "--ephemeral keeps no key"; fi
home=$work/short up --ephemeral
if [ "${addr##*/}" != "$short" ]; then ok "--ephemeral: another id each time"; else not_ok "--ephemeral: another id each time"; fi
end "$pid"
# A seed whose name and state are longer than a line: broken between them, not in the middle of a word.
long=a-very-long-name-of-a-node-that-nobody-has-ever-heard-of.in-a-domain.example.invalid
home=$work/wide up --seed "$long:9000"
run status --home "$work/wide"
is "status fits 80 columns" "$(awk 'length > 80 && NF > 2 || length > 80 && NF == 2 && length($2) < 67' <<<"$out")" ""
like "a word is never broken" "$out" "^seed +$long:9000:\$"
end "$pid"
home=$work/sleepy up --power low
run status --home "$work/sleepy"
like "status says how often it is woken" "$out" '^wakeups +[0-9]+ a minute$'
run config show --home "$work/sleepy"
like "power is a setting" "$out" '^power *= *"normal"'
end "$pid"
problem "a power that is none" 2 "power takes normal or low, not 'off'" up --power off
up_at "$work/any" --listen 0.0.0.0:0
like "an address for all interfaces is printed as those it has" "$addr" '^/ip4/[0-9.]+/tcp/[0-9]+/p2p/'
if grep -q '/ip4/0\.0\.0\.0/' "$work/up.out"; then not_ok "never as 0.0.0.0" "$(<"$work/up.out")"; else ok "never as 0.0.0.0"; fi
end "$pid"
if [ -n "$(cat /proc/net/if_inet6 2>/dev/null)" ]; then # its size is always 0
    up_at "$work/six" --listen '[::1]:0'
    like "IPv6 loopback" "$addr" '^/ip6/::1/tcp/[1-9][0-9]*/p2p/12D3KooW'
    run ping "$addr" -c 2 -i 0
    is "a ping over IPv6" "$rc" 0
    end "$pid"
else
    skip "IPv6 loopback" "this machine has no IPv6"
fi
(
    trap '' PIPE
    "$WAVU" up --discovery-port 0 --home "$work/mute" --listen 127.0.0.1:0 2>"$work/mute.err" &
    echo $! >"$work/mute.pid"
) | :
answers() { "$WAVU" status --home "$work/mute"; }
if within 10 answers; then ok "a reader that leaves does not end a node"; else not_ok "a reader that leaves does not end a node"; fi
kill -TERM "$(<"$work/mute.pid")"
within 3 ended "$(<"$work/mute.pid")"
plan
