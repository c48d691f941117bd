#!/usr/bin/env bash
# wavu shell: two nodes joined by it, scripts and their exit codes, a terminal; then a line of three nodes, whose ends have
# no cable between them, and a home where no node runs.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"
# shellcheck source=../attack/network.bash
. "$root/tests/attack/network.bash"

if "$WAVU" shell -c help --home "$work/nowhere" 2>&1 | grep -q 'built without the shell'; then
    skip "the shell" "it was built without libedit"
    plan
fi

home=$work/b
up
b=${addr##*/}
port=$(port_of "$addr")
home=$work/a
up
a=$home

# script [ARGS...]: the shell on node a, with the lines of stdin; $rc, $out and $err are what it said.
script() {
    timeout -k 1 60 "$WAVU" shell --home "$a" "$@" >"$work/.out" 2>"$work/.err"
    rc=$?
    out=$(<"$work/.out")
    err=$(<"$work/.err")
}

run shell --home "$a" -c "connect ${b: -8}@127.0.0.1:$port"
is "connect PEER@HOST: exit code" "$rc" 0
is "connect PEER@HOST: who it is" "$out" "connected to $b"
problem "another than the one insisted on" 1 'another peer answers there than the one named' \
    shell --home "$a" connect "hVcSmRkQ@127.0.0.1:$port"
problem "nobody is there" 1 'nobody listens there' shell --home "$a" connect 127.0.0.1:1
problem "no address" 2 'that is no address of another node' shell --home "$a" connect 'two words'
problem "too little of an id" 2 'at least 6' shell --home "$a" connect x@127.0.0.1

knows_b() { "$WAVU" status --home "$a" | grep -q 'known: 2, neighbours: 1'; }
within 20 knows_b
script <<<'peers
status # and a remark'
is "a script: exit code" "$rc" 0
like "peers" "$out" "$b"
like "status" "$out" 'known: 2, neighbours: 1'
script <<<"send \"text with spaces\"; send ${b: -8} 'for one alone'"
is "send: exit code" "$rc" 0
heard() { "$WAVU" events --all --no-follow --home "$work/b" | grep -q "\"text\":\"$1\""; }
if within 10 heard "text with spaces"; then ok "send to all arrives"; else not_ok "send to all arrives" "$out$err"; fi
if within 10 heard "for one alone"; then ok "send to one arrives"; else not_ok "send to one arrives" "$out$err"; fi

script <<<"ping ${b: -8} 2"
like "ping over a connection" "$out" "^reply from $b: seq=2 time=[0-9.]+ ms links=1$"
script <<<"ping 127.0.0.1:$port 1"
like "ping of an address" "$out" '^1 came back; round trip'
script --json <<<"ping ${b: -8} 1; trace ${b: -8}; routes"
like "ping as JSON" "$out" "^\{\"peerId\":\"$b\",\"rttMs\":[0-9.]+,\"links\":1,\"error\":null\}$"
like "trace as JSON" "$out" '"kind":"trace".*"isDone":true'
like "routes as JSON" "$out" "^\{\"peerId\":\"$b\",\"nextHop\":\"$b\""
is "JSON is JSON" "$(python3 -c 'import json, sys; print(len([json.loads(line) for line in sys.stdin]))' <<<"$out")" 3

script <<<'sttaus
peers'
is "a wrong command ends a script" "$rc" 2
is "and nothing behind it is done" "$out" ""
like "it is said which was meant" "$err" "^wavu: there is no command 'sttaus'; did you mean 'status'"
script -k <<<'sttaus
peers'
is "with -k it goes on, and is told" "$rc" 2
like "what stands behind it is done" "$out" "$b"
run shell --home "$a" -c 'trace nobody; peers'
is "with -c, too, the first failure ends it" "$rc" 4
is "and there is nothing on stdout" "$out" ""
run shell --home "$a" -- peers --wide
like "one command with its options" "$out" 'outbound'
run shell --home "$a" -c 'send "open'
is "an open quotation mark" "$rc" 2
run shell --home "$a" -c 'module load /nowhere/metric.so'
is "a module that is not there" "$rc" 4
head -c 50000 /dev/zero | tr '\0' x >"$work/long"
printf '\npeers\n' >>"$work/long"
script -k <"$work/long"
is "a line that is too long is refused" "$rc" 2
like "and the next is read" "$out" "$b"

run shell --home "$a" help
is "help: exit code" "$rc" 0
for command in $(grep -oE '^  [a-z0-9]+' <<<"$out" | tr -d ' ' | sort -u); do
    run shell --home "$a" help "$command"
    [ "$rc" = 0 ] && [ -n "$out" ] && continue
    not_ok "help $command" "$rc $out $err"
done
ok "help for every command"

# libedit keeps the names of functions that it was given, a few bytes each, to the end of the program.
echo leak:wcsdup >"$work/known_leaks"
export LSAN_OPTIONS=print_suppressions=0:suppressions=$work/known_leaks
if timeout 120 python3 "$root/tests/program/shell_pty.py" "$WAVU" "$a" "${b: -8}" "$work/b" >"$work/pty"; then
    ok "at a terminal: $(grep -c ^yes "$work/pty") things"
else
    not_ok "at a terminal" "$(<"$work/pty")"
fi
is "what was typed is this user's alone" "$(stat -c %a "$a/shell_history")" 600
is "and holds no secret" "$(grep -cE 'join|nick' "$a/shell_history")" 0

run shell --home "$a" disconnect "$b"
is "disconnect: exit code" "$rc" 0
for one in "${started[@]}"; do
    kill -TERM "$one" 2>/dev/null
done

obstacle=$(network_obstacle)
if [ -n "$obstacle" ]; then
    skip "a line of three nodes" "$obstacle"
    plan
fi
mine=wavu$$

leave() {
    trap - EXIT
    local name one
    for one in "${started[@]}"; do
        kill -KILL "$one" 2>/dev/null && wait "$one" 2>/dev/null
    done
    for name in l m r; do
        for one in $(ip netns pids "$mine$name" 2>/dev/null); do # what was started in the background, too
            kill -KILL "$one" 2>/dev/null
        done
        ip netns delete "$mine$name" 2>/dev/null
    done
    finish
}
trap leave EXIT

for name in l m r; do
    ip netns add "$mine$name" && ip -n "$mine$name" link set lo up || exit 1
done
ip -n "${mine}m" link add left type veth peer name cable netns "${mine}l" &&
    ip -n "${mine}m" link add right type veth peer name cable netns "${mine}r" || exit 1
ip -n "${mine}l" address add 10.81.1.1/24 dev cable
ip -n "${mine}m" address add 10.81.1.2/24 dev left
ip -n "${mine}m" address add 10.81.2.2/24 dev right
ip -n "${mine}r" address add 10.81.2.1/24 dev cable
ip -n "${mine}l" link set cable up && ip -n "${mine}r" link set cable up &&
    ip -n "${mine}m" link set left up && ip -n "${mine}m" link set right up || exit 1

for name in l m r; do
    ip netns exec "$mine$name" "$WAVU" up --home "$work/$name" --discovery-port 0 \
        >"$work/$name.out" 2>"$work/$name.err" </dev/null &
    started+=("$!")
    within 10 has_line "$work/$name.out"
done
id_of() { "$WAVU" id --home "$work/$1"; }
middle=$(id_of m)
right=$(id_of r)
for name in l r; do
    run shell --home "$work/$name" connect "$middle@10.81.$([ "$name" = l ] && echo 1 || echo 2).2"
    is "node $name connects to the middle, at the usual port" "$out" "connected to $middle"
done
two_links() { "$WAVU" shell --json --home "$work/l" routes "$right" | grep -q "\"hops\":\[{.*},{.*}\]"; }
if within 40 two_links; then ok "a way of two links is known"; else not_ok "a way of two links is known"; fi
run shell --home "$work/l" routes
like "routes: the way to the far one" "$out" "^${right: -8} +2 +[0-9.]+ ms +${middle: -8}.*, ${right: -8}"
like "routes: and to the near one" "$out" "^${middle: -8} +1 "
run shell --home "$work/l" trace "${right: -8}"
is "trace: exit code" "$rc" 0
like "trace: the first hop" "$out" "^ 1  ${middle: -8} +[0-9.]+ ms$"
like "trace: the second" "$out" "^ 2  ${right: -8} +[0-9.]+ ms$"
run shell --home "$work/l" ping "${right: -8}" 2
like "ping over two links" "$out" "^reply from $right: seq=2 time=[0-9.]+ ms links=2$"
run shell --home "$work/l" send "${right: -8}" 'over the middle'
is "send over two links" "$out" "delivered to $right"
ip -n "${mine}m" link set right down
cut_off() { ! "$WAVU" shell --home "$work/l" ping "$right" 1 >/dev/null 2>&1; }
if within 40 cut_off; then ok "a way that is cut is no way"; else not_ok "a way that is cut is no way"; fi

# Where no node runs the shell starts one, which stays as long as the shell.
timeout 60 ip netns exec "${mine}l" "$WAVU" shell --home "$work/new" -c 'status; id' >"$work/.out" 2>"$work/.err"
is "without a node one is started: exit code" $? 0
like "and asked" "$(<"$work/.out")" '^peer id +12D3KooW'
plan
