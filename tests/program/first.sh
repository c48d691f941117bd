#!/usr/bin/env bash
# The first minute: two people with empty homes type one command each, and belong to one network. The nodes that these
# commands start in the background serve others, too, and end by themselves. In a network namespace, so that nobody
# else's beacon is heard.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"
# shellcheck source=../attack/network.bash
. "$root/tests/attack/network.bash"

obstacle=$(network_obstacle)
if [ -n "$obstacle" ]; then
    skip "two commands pair two people" "$obstacle"
    plan
fi
mine=wavu$$
leave() {
    trap - EXIT
    local one
    for one in $(ip netns pids "$mine" 2>/dev/null); do # what was started in the background, too
        kill -KILL "$one" 2>/dev/null
    done
    ip netns delete "$mine" 2>/dev/null
    finish
}
trap leave EXIT
ip netns add "$mine" || exit 1
if ! ip -n "$mine" link add wire type veth peer name far 2>/dev/null; then
    skip "two commands pair two people" "this machine has no veth links"
    plan
fi
ip -n "$mine" address add 10.79.1.1/24 dev wire
ip -n "$mine" link set lo up
ip -n "$mine" link set wire up
ip -n "$mine" link set far up

# Everything from here on happens in there.
inside=$work/wavu
printf '#!/bin/sh\nexec ip netns exec %s %s "$@"\n' "$mine" "$WAVU" >"$inside"
chmod +x "$inside"
WAVU=$inside

a=$work/amina
b=$work/baraka
nodes() { ip netns pids "$mine" | while read -r one; do tr '\0' ' ' <"/proc/$one/cmdline" 2>/dev/null; echo; done; }
attended() { nodes | grep -c -- "--attended --home $1 "; }
is_none() { [ "$(attended "$1")" = 0 ]; }

problem "who only asks starts nothing" 3 "no node runs in '$a'; start one with 'wavu up'" status --home "$a"
exec {lock}>"$work/lock"
export CANARY_TOKEN=canary WAVU_PHI_THRESHOLD=9
open_code "$a"
unset CANARY_TOKEN WAVU_PHI_THRESHOLD
exec {lock}>&-
holders() { # of the file $work/lock, among the nodes
    local one
    for one in $(ip netns pids "$mine"); do
        tr '\0' ' ' <"/proc/$one/cmdline" | grep -q -- --attended && readlink "/proc/$one/fd/"* | grep -Fx "$work/lock"
    done
}
is "an invitation starts a node in an empty home" "$(attended "$a")" 1
is "which holds no descriptor of the shell that the command was typed in" "$(holders)" ""
node=$(for one in $(ip netns pids "$mine"); do tr '\0' ' ' <"/proc/$one/cmdline" | grep -q -- "--attended --home $a " && echo "$one"; done)
is "nor its folder" "$(readlink "/proc/$node/cwd")" /
is "and of its environment what is a node's" "$(tr '\0' '\n' <"/proc/$node/environ" | grep -E '^(CANARY_TOKEN|WAVU_PHI_THRESHOLD|HOME)=')" \
    "HOME=$HOME
WAVU_PHI_THRESHOLD=9"
like "and makes a network" "$(<"$work/invite")" '^made a network for you: our-net$'
like "and shows a code" "$code" '^[0-9]+-[a-z]+-[a-z]+-[a-z]+$'
run join "$code" --home "$b"
is "the other one joins with it from an empty home, found on the local network" "$rc" 0
like "and is told what comes next" "$out" "^this node belongs to our-net now; 'wavu' opens the chat$"
within 10 ended "$inviting"
wait "$inviting"
is "the invitation ends well" "$?" 0
run invite --no-wait --home "$a"
is "the node serves others while it is there" "$rc/$(attended "$a")" "0/1"
like "and the second one had no port of its own to choose" "$("$WAVU" status --json --home "$b")" '"addresses":\["/ip4/[0-9.]+/tcp/[1-9]'
cd "$work" || exit 1
run create hapa --home beside
is "a home that is named from where one is" "$rc/$(attended "$work/beside")" "0/1"
WAVU_HOME=within run create hapo
is "or by the environment" "$rc/$([ -e "$work/within/store.db" ] && "$WAVU" status --json --home "$work/within" | grep -c '"isPrivate"')" "0/1"
run say hujambo --home "$a"
is "what is said now" "$rc" 0
heard() { "$WAVU" history --home "$b" | grep -q hujambo; }
within 10 heard
is "comes to the other" "$?" 0
lingers() { nodes | grep -c -- "--attended --home $1 --linger 600 "; }
is "both stay while their persons read, and type the next command" "$(lingers "$a")/$(lingers "$b")" "1/1"
begun=$SECONDS
alone=$work/alone
"$WAVU" chat --plain --home "$alone" </dev/null
is "what a chat has started" "$?/$(attended "$alone")" "0/1"
within 30 is_none "$alone"
is "ends by itself when nobody asks it any more" "$?/$((SECONDS - begun >= 5))" "0/1"
is "and the others are still there" "$(attended "$a")/$(attended "$b")" "1/1"
run down --home "$a"
run down --home "$b"
problem "and what it knew is there when the next one starts" 3 'no node runs' networks --home "$a"
run create second --home "$a"
run networks --home "$a"
like "with all its networks" "$out" 'our-net .*2 '

# Two at once start one node.
c=$work/chiku
"$WAVU" invite --no-wait --home "$c" >"$work/one" 2>&1 </dev/null &
started+=($!)
first=$!
"$WAVU" invite --no-wait --home "$c" >"$work/two" 2>&1 </dev/null
second=$?
wait "$first"
is "two at once are served by one node" "$?/$second/$(attended "$c")" "0/0/1"

# Why it does not start is said in its own words, and with its exit code.
mkdir -p "$work/bad"
chmod 700 "$work/bad"
printf 'gossip_interval = "much"\n' >"$work/bad/wavu.toml"
problem "a node that cannot start says why" 2 'wavu.toml' invite --home "$work/bad"
printf 'bind_addr = "192.0.2.77:9000"\n' >"$work/bad/wavu.toml"
problem "an address that is not there, too" 1 'no address of this machine' join 7-apple-river-stone --home "$work/bad"
printf 'kisima\n' >"$work/word"
home=$work/closed
up
end "$pid"
run passphrase set --new-passphrase-file "$work/word" --home "$work/closed"
problem "a home under a passphrase stays closed where nobody can be asked" 5 "the node is locked; 'wavu unlock' opens it" invite --home "$work/closed"

# On no network at all it is said at once, in the chat, too, and the search goes on.
ip -n "$mine" link set wire down
"$WAVU" join 7-apple-river-stone --home "$work/far" >"$work/join" 2>"$work/join.err" </dev/null &
joining=$!
started+=("$joining")
within 20 grep -q 'this machine is on no network now' "$work/join.err"
like "on no network it is said, with what to do" "$(<"$work/join.err")" '^wavu: warning: this machine is on no network now: switch Wi-Fi on or plug in a cable'
kill "$joining"
(echo '/join 7-apple-river-stone'; sleep 2) | "$WAVU" chat --plain --home "$work/far" --wait 1 >"$work/plain" 2>&1
like "in the chat, too" "$(<"$work/plain")" '^-- this machine is on no network now'
plan
