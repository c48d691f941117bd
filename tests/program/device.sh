#!/usr/bin/env bash
# A person with two machines: the second one has a copy of identity.key, and comes in as another device.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/amina
b=$work/baraka
c=$work/second
home=$a
up
a_addr=$addr
home=$b
up
b_addr=$addr
run nick Amina --home "$a"
run create savanna --home "$a"

# One's own words before a name was set.
says() { "$WAVU" say "$2" --home "$1" >/dev/null 2>&1; }
run id --home "$b"
key=$("$WAVU" id --home "$b" | sed -n 's/^person //p')
[ -n "$key" ] || { "$WAVU" join --key "$a_addr" --home "$b" >/dev/null 2>&1; key=$("$WAVU" id --home "$b" | sed -n 's/^person //p'); }
run invite --key "$key" --home "$a"
run join --key "$a_addr" --home "$b"
is "one machine is in" "$rc" 0
if within 30 says "$b" "habari yenu"; then ok "it says something"; else not_ok "it says something"; fi
run history --home "$b"
like "one's own words are one's own, without a name, too" "$out" 'you.*habari yenu'
run nick Baraka --home "$b"
run history --home "$b"
like "and bear it, once it is set" "$out" 'Baraka.*habari yenu'

# The other machine.
mkdir -m 700 "$c"
install -m 600 "$b/identity.key" "$c/identity.key"
home=$c
up
is "the same person" "$("$WAVU" id --home "$c" | sed -n 's/^person //p')" "$key"
run join --key "$a_addr" --home "$c"
is "it comes in without an invitation: exit code" "$rc" 0
like "and says where" "$out" 'this node belongs to savanna now; '
two() { [ "$("$WAVU" members --json --home "$a" | grep -o '"devices":2' | wc -l)" = 1 ]; }
if within 10 two; then ok "as another device of its member"; else not_ok "as another device of its member" "$("$WAVU" members --json --home "$a")"; fi
is "no member more" "$("$WAVU" networks --json --home "$a" | sed -nE 's/.*"members":([0-9]+).*/\1/p')" 2

has() { "$WAVU" history --home "$1" 2>/dev/null | grep -q "$2"; }
if within 30 says "$a" kwa-wote && within 20 has "$b" kwa-wote && within 20 has "$c" kwa-wote; then
    ok "both read the room"
else
    not_ok "both read the room" "$("$WAVU" history --home "$c" 2>&1)"
fi
writes() { "$WAVU" dm Baraka kwako-tu --home "$a" >/dev/null 2>&1; }
reads() { "$WAVU" history --with Amina --home "$1" 2>/dev/null | grep -q kwako-tu; }
if within 30 writes && within 20 reads "$b" && within 20 reads "$c"; then ok "and what is said to that person"; else not_ok "and what is said to that person"; fi
if within 30 says "$c" kutoka-pili && within 20 has "$b" kutoka-pili; then ok "the second one speaks"; else not_ok "the second one speaks"; fi

# A third by a code.
d=$work/third
mkdir -m 700 "$d"
install -m 600 "$b/identity.key" "$d/identity.key"
home=$d
up
open_code "$a"
run join "$code" "$a_addr" --home "$d"
is "by a code likewise: exit code" "$rc" 0
three() { [ "$("$WAVU" members --json --home "$a" | grep -o '"devices":3' | wc -l)" = 1 ]; }
if within 10 three; then ok "three devices, one member"; else not_ok "three devices, one member"; fi
plan
