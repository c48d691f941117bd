#!/usr/bin/env bash
# wavu doctor: a healthy home is well, and each thing that is really wrong is found, with what to do about it.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# shellcheck source=doctor.bash
. "$root/tests/program/doctor.bash"
export WAVU_BIND_ADDR=127.0.0.1:0 WAVU_DISCOVERY_PORT=0 # whoever else has the usual ports meanwhile
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Nothing is there yet, and nothing is made.
a=$work/amina
doctor "$a"
finds "an empty place is well" 0 home '^ok home there is no home'
finds "what needs a node says so" 0 peers '^ok peers not asked: no node'
finds "no node is told" 0 node "^warn node no node runs here.*-> start one: wavu up"
if [ -e "$a" ]; then not_ok "nothing was made"; else ok "nothing was made"; fi
is "each line fits a terminal" "$(awk 'length > 80' <<<"$out")" ""

# A node that runs, with a network.
home=$a
up
a_pid=$pid
run nick Amina --home "$a"
run create savanna --home "$a"
doctor "$a"
is "a healthy node: exit code" "$rc" 0
is "nothing fails" "$(grep -c '^fail' <<<"$out")" 0
finds "the node is seen" 0 node '^ok node a node has been running'
finds "its port is its own" 0 port '^ok port addresses of this machine at which the node can be dialled: 1; the first: /ip4/127'
finds "a missing backup is told" 0 backup '^warn backup no backup was made.*-> make one, .*wavu backup create'
doctor "$a" --json
like "as JSON" "$out" '^\{"checks":\[\{"state":"ok","name":"clock","what":"[^"]+","next":null\},.*\],"failed":0,"warned":[0-9]+\}$'
names=$(grep -oE '"name":"[a-z0-9]+"' <<<"$out" | cut -d'"' -f4 | tr '\n' ' ')
is "all is looked at: clock, ports, ways, transports, rights, disk and what else there is" "$names" \
    "clock memory files parts home keys settings disk store control backup port discovery lan ipv6 nat node seeds peers networks "
printf 'kisima ya maji\n' >"$work/words"
run backup create "$work/amina.backup" --passphrase-file "$work/words" --home "$a"
is "a backup is made" "$rc" 0
doctor "$a"
finds "it is seen" 0 backup '^ok backup the last backup is [0-9]+ s old'

# A seed that is not there, a port that is taken, and who has it.
if command -v python3 >/dev/null; then
    gone=$(free_port)
    home=$work/baraka
    up --seed "127.0.0.1:$gone"
    tried() { "$WAVU" doctor --home "$work/baraka" | grep -qE '^fail  seeds'; }
    within 20 tried
    doctor "$work/baraka"
    finds "why a seed fails" 1 seeds "^fail seeds seeds that are connected: 0 of 1; 127.0.0.1:$gone: unreachable: nothing listens there -> ask whoever runs it"
    end "$pid"
    taken=$(port_of "$("$WAVU" status --home "$a" --json | grep -oE '/ip4/127[^"]*' | head -n 1)")
    unset WAVU_BIND_ADDR
    printf 'bind_addr = "127.0.0.1:%s"\ndiscovery_port = 0\n' "$taken" >"$work/baraka/wavu.toml"
    doctor "$work/baraka"
    finds "a taken port, and by whom" 1 port "^fail port port $taken is taken by [^ ]+, process [0-9]+ -> end that one, or choose another"
    printf 'bind_addr = "192.0.2.1:9000"\ndiscovery_port = 0\n' >"$work/baraka/wavu.toml"
    doctor "$work/baraka"
    finds "an address of another machine" 1 port '^fail port 192.0.2.1:9000 .* no address of this machine'
    rm "$work/baraka/wavu.toml"
    export WAVU_BIND_ADDR=127.0.0.1:0
else
    skip "seeds and ports" "python3 is not here"
fi

# A clock that was set back by a day: what was written last is of tomorrow.
b=$work/baraka
touch -d '+1 day' "$b/store.db"
doctor "$b"
finds "a clock that is a day behind" 1 clock '^fail clock the clock shows .* written last in the home is (23 h|1 d).* younger -> set the clock'
touch "$b/store.db"
if command -v faketime >/dev/null; then
    out=$(faketime '2020-01-01 00:00:00' "$WAVU" doctor --home "$b")
    rc=$?
    finds "a clock without a battery" 1 clock '^fail clock the clock shows 2020-.* before this program was written'
    # A node a day ahead of the one that it hears from.
    c=$work/chiku
    home=$c
    up
    c_pid=$pid c_addr=$addr
    run nick Chiku --home "$c"
    run create mlima --home "$c"
    open_code "$c"
    : >"$work/up.out"
    FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f +1d "$WAVU" up --discovery-port 0 --home "$work/dunia" --listen 127.0.0.1:0 \
        >"$work/up.out" 2>"$work/up.err" </dev/null &
    d_pid=$!
    started+=("$d_pid")
    within 10 has_line "$work/up.out"
    run join "$code" "$c_addr" --home "$work/dunia"
    run say habari --home "$c"
    ahead() { FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f +1d "$WAVU" doctor --home "$work/dunia" >"$work/ahead"; grep -q '^warn  clock' "$work/ahead"; }
    within 20 ahead
    rc=0
    out=$(<"$work/ahead")
    finds "a clock that is a day ahead" 0 clock \
        '^warn clock .*((23 h|1 d).* ahead of what connected members say .*-> set the clock|all messages that came since the node started were written at least (23 h|1 d) .*: it is ahead, or all of them are old)'
    kill "$c_pid" "$d_pid"
    run down --home "$work/dunia" # faketime is its parent, and passes no signals on
else
    skip "a clock without a battery, and one that is a day ahead" "faketime is not here"
fi

# Rights, keys, settings.
chmod 755 "$b"
doctor "$b"
finds "an open home" 1 home "^fail home others have rights .*mode 755.* -> take them away: chmod 700"
chmod 700 "$b"
chmod 644 "$b/device.key"
doctor "$b"
finds "an open key" 1 keys "^fail keys others have rights on '$b/device.key' \(mode 644\)"
chmod 600 "$b/device.key"
mv "$b/store.key" "$work/store.key"
doctor "$b"
finds "a store without its key" 1 keys '^fail keys .*store.key. is gone'
mv "$work/store.key" "$b/store.key"
echo 'min_degre = 3' >"$b/wavu.toml"
doctor "$b"
finds "a mistake in the settings" 1 settings 'wavu.toml:1:1: there is no setting .min_degre.; did you mean min_degree\? -> mend it, and try: wavu config check'
is "nothing is said beside it" "$err" ""
rm "$b/wavu.toml"
doctor "$b"
is "all is well again" "$rc$(grep "^fail" <<<"$out")" 0
as_other=()
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    as_other=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
if { [ "$(id -u)" -ne 0 ] || [ ${#as_other[@]} -gt 0 ]; } && chmod 711 "$work" && cp "$WAVU" "$work/wavu" && chmod 755 "$work/wavu" &&
    "${as_other[@]}" "$work/wavu" version >/dev/null 2>&1; then
    mode=$(stat -c %a "$b")
    [ "$(id -u)" -eq 0 ] || chmod 000 "$b"
    out=$("${as_other[@]}" "$work/wavu" doctor --home "$b" 2>/dev/null)
    rc=$?
    finds "a home that cannot be read" 1 home '^fail home this user cannot (look at|read and write)'
    finds "and its keys" 1 keys '^fail keys this user cannot (look at|read)'
    chmod "$mode" "$b"
else
    skip "a home that cannot be read" "this is root, and nobody else can be had"
fi

# What stands in a node's way.
: >"$b/control.sock"
doctor "$b"
finds "a file in the socket's place" 1 control '^fail control .* is no socket'
rm "$b/control.sock"
(
    flock -x 9
    exec sleep 60
) 9<"$b" &
holder=$!
started+=("$holder")
held() { "$WAVU" doctor --home "$b" | grep -qE '^fail  control'; }
within 5 held
doctor "$b"
finds "a lock that a process holds" 1 control '^fail control a process holds the lock .* -> see which, and end it: fuser'
kill -KILL "$holder"
wait "$holder" 2>/dev/null
kill -STOP "$a_pid"
doctor "$a"
finds "a node that is stopped" 1 node '^fail node a node runs here and does not answer'
kill -CONT "$a_pid"
end "$a_pid" KILL
doctor "$a"
finds "what a killed node left is no matter" 0 control '^ok control a node that was killed left its socket'
: >"$a/wiping"
doctor "$a"
finds "a wipe that was cut off" 1 store '^fail store a restore or wipe .* was cut off'
rm "$a/wiping"

# A node that is locked.
run passphrase set --new-passphrase-file "$work/words" --home "$a"
: >"$work/up.out"
"$WAVU" up --discovery-port 0 --home "$a" --listen 127.0.0.1:0 >"$work/up.out" 2>"$work/up.err" </dev/null &
a_pid=$!
started+=("$a_pid")
locked() { "$WAVU" doctor --home "$a" | grep -q '^warn  node      the node is locked'; }
if within 10 locked; then ok "a locked node is told"; else not_ok "a locked node is told"; fi
end "$a_pid"
plan
