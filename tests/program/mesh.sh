#!/usr/bin/env bash
# Many real nodes on loopback, each told one seed: one mesh within seconds, and still one when many are killed.
# WAVU_NODES (50) and WAVU_KILLED (20) may be smaller.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

nodes=${WAVU_NODES:-50}
killed=${WAVU_KILLED:-20}
homes=()
pids=()
home=$work/n0
up
seed=$addr
homes+=("$home")
pids+=("$pid")
began=$(date +%s%N)
for ((i = 1; i < nodes; i++)); do
    "$WAVU" up --discovery-port 0 --home "$work/n$i" --listen 127.0.0.1:0 --seed "$seed" >"$work/n$i.out" 2>"$work/n$i.err" </dev/null &
    pids+=($!)
    started+=($!)
    disown
    homes+=("$work/n$i")
done

# field NAME HOME: a number of its status.
field() {
    "$WAVU" status --json --home "$2" 2>/dev/null | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# linked HOME...: each of them has a neighbour.
linked() {
    local one
    for one in "$@"; do
        [ "$(field neighbours "$one")" -gt 0 ] 2>/dev/null || return 1
    done
}

# knows COUNT HOME...: each of them knows so many members.
knows() {
    local want=$1 one
    shift
    for one in "$@"; do
        [ "$(field members "$one")" = "$want" ] || return 1
    done
}

# heard TEXT HOME...: each of them has had that broadcast, once.
heard() {
    local text=$1 one
    shift
    for one in "$@"; do
        [ "$("$WAVU" events --all --no-follow --home "$one" 2>/dev/null | grep -c "\"text\":\"$text\"")" = 1 ] || return 1
    done
}

since() { echo $((($(date +%s%N) - began) / 1000000)); }

within 10 linked "${homes[@]}"
echo "# neighbours for all after $(since) ms, the asking of $nodes nodes included"
run broadcast first --home "${homes[1]}"
is "a broadcast is taken" "$rc" 0
within 10 heard first "${homes[0]}" "${homes[@]:2}"
rc=$?
took=$(since)
if [ "$rc" -eq 0 ] && [ "$took" -lt 10000 ]; then
    ok "$nodes nodes that were told one seed are one mesh within 10 s: every other node hears a broadcast, once"
    echo "# after $took ms"
else
    not_ok "$nodes nodes that were told one seed are one mesh within 10 s: every other node hears a broadcast, once" "$took ms"
fi
if within 40 knows "$nodes" "${homes[@]}"; then
    ok "each knows all"
    echo "# after $(since) ms"
else
    not_ok "each knows all" "$(for one in "${homes[@]}"; do field members "$one"; done | sort | uniq -c)"
fi

kill -KILL "${pids[@]:nodes-killed}" 2>/dev/null
left=("${homes[@]:0:nodes-killed}")
for i in 1 2 3 4 5; do
    run broadcast "after-$i" --home "${left[$i]}"
    others=("${left[@]:0:i}" "${left[@]:i+1}")
    if within 20 heard "after-$i" "${others[@]}"; then
        ok "with $killed of them killed, broadcast $i reaches the other $((nodes - killed - 1))"
    else
        not_ok "with $killed of them killed, broadcast $i reaches the other $((nodes - killed - 1))"
    fi
done

# What they hold and have used, of those that are left.
measure() {
    local one
    for one in "${pids[@]:0:nodes-killed}"; do
        awk '/^RssAnon/ {print "anon", $2}' "/proc/$one/status"
        awk '{print "ticks", $14 + $15}' "/proc/$one/stat"
    done | awk '{sum[$1] += $2} END {
        printf "# a node holds %d KiB (RssAnon) and has used %d ms of processor time in %d s\n", sum["anon"] / n, sum["ticks"] * 10 / n, s}' \
        n=$((nodes - killed)) s=$((($(date +%s%N) - began) / 1000000000))
}
measure
plan
