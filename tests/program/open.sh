#!/usr/bin/env bash
# An open network: made by option or by setting, entered without invitation, talked in; closed ones beside it stay closed.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/amina
b=$work/baraka
c=$work/chiku
d=$work/daudi

home=$a
up
a_addr=$addr
home=$b
up
b_addr=$addr
home=$c
up
home=$d
mkdir -p "$d"
chmod 700 "$d"
echo 'require_invitation = false' >"$d/wavu.toml"
up
for one in amina baraka chiku daudi; do
    run nick "${one^}" --home "$work/$one"
done

run create market --open --home "$a"
like "an open network is made" "$out" '^market is made, open to all; its id is$'
like "and how others come in is said" "$out" '^to come in, others type: wavu join --open ID$'
id=$(grep -E '^[0-9a-f]{64}$' <<<"$out")
run create family --home "$a"
like "a closed one beside it" "$out" '^family is made; its id is$'
family=$(grep -E '^[0-9a-f]{64}$' <<<"$out")
run networks --home "$a"
like "networks says which is open" "$out" '^market +1 +0 +open '
problem "--open and another policy" 2 'leave --policy out' create x --open --policy two --home "$a"
problem "two ways at once" 2 'take one' join --open --key "$a_addr" --home "$b"
problem "two ids" 2 'one too many' join --open "$id" "$id" --home "$b"
problem "a closed network is none to ask for" 5 'no open network there' join --open "$family" "$a_addr" --home "$b"

run join --open "$a_addr" --home "$b"
is "in by address: exit code" "$rc" 0
like "in by address" "$out" 'this node belongs to market now; '
run join --open "$id" "$b_addr" --home "$c"
is "in by id, of who was let in himself: exit code" "$rc" 0
problem "once is enough" 7 'belongs to that network already' join --open "$a_addr" --home "$b"

members() { "$WAVU" networks --json --home "$1" 2>/dev/null | sed -nE 's/.*"name":"market"[^}]*"members":([0-9]+).*/\1/p'; }
three() { [ "$(members "$a")" = 3 ] && [ "$(members "$b")" = 3 ] && [ "$(members "$c")" = 3 ]; }
if within 20 three; then ok "three are members"; else not_ok "three are members" "$(members "$a") $(members "$b") $(members "$c")"; fi

# said FROM TEXT HOME...: it says it, and the others have it.
has() { "$WAVU" history --network market --home "$1" 2>/dev/null | grep -q "$2"; }
says() { "$WAVU" say --network market "$2" --home "$1" >/dev/null 2>&1; }
if within 30 says "$c" "karibuni-sokoni" && within 20 has "$a" karibuni-sokoni && within 20 has "$b" karibuni-sokoni; then
    ok "its room is heard by all"
else
    not_ok "its room is heard by all" "$("$WAVU" history --network market --home "$a" 2>&1)"
fi
writes() { "$WAVU" dm --network market Amina "kwa-amina" --home "$b" >/dev/null 2>&1; }
reads() { "$WAVU" history --with Baraka --network market --home "$a" 2>/dev/null | grep -q kwa-amina; }
if within 30 writes && within 20 reads; then ok "a direct chat"; else not_ok "a direct chat" "$("$WAVU" dm --network market Amina x --home "$b" 2>&1) $("$WAVU" history --with Baraka --network market --home "$a" 2>&1)"; fi

problem "nobody puts out whom he did not bring in" 1 'only who let somebody in' revoke Amina --network market --yes --home "$b"
run revoke Chiku --network market --yes --home "$a"
is "the founder can: exit code" "$rc" 0
two() { [ "$(members "$a")" = 2 ] && [ "$(members "$b")" = 2 ]; }
if within 10 two; then ok "who is put out is out"; else not_ok "who is put out is out"; fi
run join --open "$id" --home "$c" # it may not have heard of it
like "who asks for what it is or was in is told so at once" "$rc $err" '^[15] wavu: this (node belongs to that network already|device was put out)'
problem "and does not come back by the same key" 5 'does not let this person in' join --open "$a_addr" --home "$c"

run create plaza --home "$d"
like "with require_invitation = false networks are open" "$out" '^plaza is made, open to all'
run create home --policy inviter --home "$d"
like "unless the policy says otherwise" "$out" '^home is made; its id is$'
plan
