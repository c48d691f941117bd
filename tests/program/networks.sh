#!/usr/bin/env bash
# Networks by name: nodes of one become a mesh, and those of another say why a seed does not work.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# seed_is STATE HOME: so its status calls its only seed.
seed_is() {
    "$WAVU" status --json --home "$2" | grep -q "\"state\":\"$1\""
}

neighbours() { # COUNT HOME
    [ "$("$WAVU" status --json --home "$2" | sed -n 's/.*"neighbours":\([0-9]*\).*/\1/p')" = "$1" ]
}

home=$work/one
up --network harbour
seed=$addr
home=$work/two
up --network harbour --seed "$seed"
home=$work/three
up --network mountain --seed "$seed"
home=$work/four
up --seed "$seed"

if within 10 neighbours 1 "$work/two"; then ok "who names the same network is a neighbour"; else not_ok "who names the same network is a neighbour"; fi
for one in three four; do
    if within 10 seed_is "refused: wrong network" "$work/$one"; then
        ok "a seed of another network is called that ($one)"
    else
        not_ok "a seed of another network is called that ($one)" "$("$WAVU" status --home "$work/$one")"
    fi
done
if seed_is connected "$work/two"; then ok "the right one is connected"; else not_ok "the right one is connected"; fi
run status --home "$work/two"
like "status names the mesh" "$out" "^mesh +harbour, for all who know its name"
run status --json --home "$work/three"
like "with --json, too" "$out" '"network":"mountain"'
run broadcast "for the harbour" --home "$work/one"
heard() { "$WAVU" events --all --no-follow --home "$1" | grep -q '"text":"for the harbour"'; }
within 5 heard "$work/two"
if heard "$work/two" && ! heard "$work/three" && ! heard "$work/four"; then
    ok "a broadcast stays in its network"
else
    not_ok "a broadcast stays in its network"
fi
problem "a name that can be typed in two ways is refused" 2 "network takes a name of 1 to 64 of a-z" up --network Harbour --home "$work/five"
plan
