#!/usr/bin/env bash
# wavu send over several links: five nodes with at most two neighbours each, so that each has members that are not its
# neighbours.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

nodes=5
homes=()
pids=()
ids=()
seeds=()
for ((i = 0; i < nodes; i++)); do
    home=$work/n$i
    up --min-degree 2 --max-degree 2 "${seeds[@]}"
    disown
    seeds=(--seed "$addr")
    homes+=("$home")
    pids+=("$pid")
    ids+=("$("$WAVU" id --home "$home")")
done

# members HOME: lines of "id isNeighbour isSuspected".
members() {
    "$WAVU" members --json --home "$1" 2>/dev/null | tr '{' '\n' |
        sed -nE 's/.*"peerId":"([^"]*)".*"isNeighbour":(true|false).*"isSuspected":(true|false).*/\1 \2 \3/p'
}

all_known() {
    local one
    for one in "${homes[@]}"; do
        [ "$(members "$one" | wc -l)" = "$nodes" ] || return 1
    done
}

# far FROM: the number of a node that is no neighbour of it, in $target.
far() {
    local i
    for ((i = 0; i < nodes; i++)); do
        if [ "$i" != "$1" ] && members "${homes[$1]}" | grep -q "^${ids[$i]} false"; then
            target=$i
            return 0
        fi
    done
    return 1
}

# had HOME TEXT: how often it had that text for itself alone.
had() { "$WAVU" events --all --no-follow --home "$1" 2>/dev/null | grep '"event":"unicast"' | grep -c "\"text\":\"$2\""; }

sent() { run send "$@" && [ "$rc" = 0 ]; }

if within 40 all_known; then ok "five nodes know each other"; else not_ok "five nodes know each other"; fi
if far 0; then
    ok "node 0 has a member that is not its neighbour"
else
    not_ok "node 0 has a member that is not its neighbour" "$(members "${homes[0]}")"
    plan
fi
to=${ids[$target]}

# The ways are known a moment after the members are.
within 20 sent "$to" first --home "${homes[0]}"
is "a text goes over several links: exit code" "$rc" 0
is "a text goes over several links: what is said" "$out" "delivered to $to"
run send "${to: -8}" second --home "${homes[0]}" --json
is "the last letters of the id are enough" "$rc" 0
like "the verdict as JSON" "$out" "^\{\"number\":[0-9]+,\"peer\":\"$to\",\"state\":\"delivered\",\"withinMs\":10000\}$"
is "it came, once" "$(had "${homes[$target]}" second)" 1
like "who sent it, and over how many links" \
    "$("$WAVU" events --all --no-follow --home "${homes[$target]}" | grep '"text":"second"')" \
    "\"peer\":\"${ids[0]}\".*\"hops\":[2-4]"
for ((i = 0; i < nodes; i++)); do
    [ "$i" = "$target" ] || is "node $i was told nothing of it" "$(had "${homes[$i]}" second)" 0
done

problem "a beginning that all share" 2 "'12D3KooW' fits 5 members: 12D3KooW.*, 12D3KooW.*; type more" \
    send 12D3KooW x --home "${homes[0]}"
problem "too few letters" 2 'at least 6 of its first or last characters' send abcde x --home "${homes[0]}"
problem "letters of nobody" 4 "no member's id begins or ends with 'nobody'" send nobody x --home "${homes[0]}"
problem "itself" 2 'is no peer id of another node' send "${ids[0]}" x --home "${homes[0]}"
problem "a peer that is no member" 1 'no way to 12D3KooWRH71QRJe5vrMp6zZXoH4K7z5MDSWwTXXPriG9dK8HQXk now' \
    send 12D3KooWRH71QRJe5vrMp6zZXoH4K7z5MDSWwTXXPriG9dK8HQXk x --home "${homes[0]}"
problem "a text that is too long" 2 'at most 8192 bytes' \
    send "$to" "$(head -c 8193 /dev/zero | tr '\0' x)" --home "${homes[0]}"
problem "no node" 3 'no node runs' send "$to" x --home "$work/nowhere"
problem "no text" 2 'send needs PEER TEXT' send "$to"

kill -STOP "${pids[$target]}"
problem "a member that does not answer" 6 "no answer from $to; it may have arrived" \
    send "$to" silence --home "${homes[0]}"
kill -KILL "${pids[$target]}" 2>/dev/null
run send "$to" lost --home "${homes[0]}"
if { [ "$rc" = 6 ] && grep -q "^wavu: no answer from $to" <<<"$err"; } ||
    { [ "$rc" = 1 ] && grep -q "^wavu: no way to $to now" <<<"$err"; }; then
    ok "of a killed node it is said that it did not answer, or that there is no way"
    echo "# $err"
else
    not_ok "of a killed node it is said that it did not answer, or that there is no way" "$rc $out $err"
fi
is "nothing is said to be delivered" "$out" ""
plan
