#!/usr/bin/env bash
# Somebody in two networks: chats of both are shown, a name that fits one person needs no network, one that fits several is refused.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/amina
b=$work/baraka
c=$work/chiku
home=$a
up
a_addr=$addr
home=$b
up
home=$c
up
run nick Amina --home "$a"
run nick Baraka --home "$b"
run nick Chiku --home "$c"
run create savanna --home "$a"
run create mountain --home "$a"

joins() { # NETWORK HOME
    open_code "$a" --network "$1"
    run join "$code" "$a_addr" --home "$2"
}
joins savanna "$b"
is "one comes into the first network" "$rc" 0
joins mountain "$c"
is "another into the second" "$rc" 0
knows() { [ "$("$WAVU" members --home "$a" | grep -cE "  $1\$")" = "$2" ]; }
within 20 knows Baraka 1
within 20 knows Chiku 1

run chats --home "$a"
is "at first there are no chats in either" "$rc/$out" "0/no direct chats yet; to begin one: wavu dm WHO TEXT"
run dm Baraka habari --home "$a"
is "a name that fits one person needs no network" "$rc" 0
run dm Chiku 'habari za mlima' --home "$a"
is "nor does one of the other network" "$rc" 0
reads() { "$WAVU" history --peek --with Amina --home "$1" 2>/dev/null | grep -qE "  Amina: $2\$"; }
if within 30 reads "$b" habari && within 30 reads "$c" 'habari za mlima'; then ok "both arrive"; else not_ok "both arrive"; fi
run history --with Baraka --home "$a"
like "a chat is read without a network" "$out" '  Amina: habari  \('
run history --with chiku --search mlima --json --home "$a"
like "and looked through" "$out" '"text":"habari za mlima"'
id=$(grep -oE '"id":"[0-9a-f]{64}"' <<<"$out" | head -n 1 | cut -d'"' -f4)
run dm Chiku 'habari za milima' --edit "${id:0:8}" --home "$a"
is "and edited" "$rc" 0
run chats --home "$a"
like "chats of all networks are listed" "$out" '^MEMBER +UNREAD +MESSAGES  NETWORK   NAME$'
like "with the network's name" "$out" '^[0-9a-f]{8} +0 +1  savanna   Baraka$'
is "the last one first" "$(sed -n '2s/.*  //p' <<<"$out")" Chiku
run chats --json --home "$a"
like "as JSON, too" "$out" '"networkName":"mountain","member":"[0-9a-f]{64}","nick":"Chiku"'
run chats --network savanna --home "$a"
is "of one network alone on demand" "$(grep -c Chiku <<<"$out")" 0
run room make plans --network mountain --home "$a"
run rooms --home "$a"
is "rooms of all networks are listed" "$rc/$(sed -n 1p <<<"$out")" "0/ID        UNREAD  NETWORK   NAME"
like "each with its network's name" "$out" '^[0-9a-f]{8} +[0-9]+  savanna   \(main room\)$'
like "also one that was made" "$out" '^[0-9a-f]{8} +0  mountain  plans$'
run rooms --json --home "$a"
like "as JSON, too" "$out" '"network":"[0-9a-f]{64}","networkName":"mountain","name":"plans"'
run rooms --network savanna --home "$a"
is "of one network alone on demand" "$(grep -c . <<<"$out")/$(sed -n 1p <<<"$out")" "2/ID        UNREAD  NAME"
for line in 'say habari' 'history' 'file send amina/device.key' 'room make x' 'invite' 'leave --yes' 'room read'; do
    # shellcheck disable=SC2086
    problem "one cause alone is said: $line" 2 'this node is in several networks: say which one, by its name or id \(--network N\); .wavu networks. lists them$' $line --home "$a"
done
problem "a network that is none" 4 'in no network of that name' say habari --network savana --home "$a"
problem "a room that is none" 4 'no room of that name' say habari --network savanna --room plan --home "$a"
problem "who is nobody is nobody in both" 4 "no member is called 'Zuri'" dm Zuri habari --home "$a"

# The same person in both, and two of one name.
joins mountain "$b"
is "the one of the first network comes into the second, too" "$rc" 0
within 20 knows Baraka 2
problem "who is in both is refused" 2 "'Baraka' can mean 2 members: Baraka \([0-9a-f]{8}\) of (savanna|mountain), Baraka .* of .*--network N" dm Baraka habari --home "$a"
run dm Baraka 'katika savanna' --network savanna --home "$a"
is "until the network is named" "$rc" 0
member=$("$WAVU" members --network mountain --home "$a" | sed -nE 's/^([0-9a-f]{8}).*  Baraka$/\1/p')
run dm "$member" 'katika mountain' --home "$a"
is "or the member of one by its id" "$rc" 0
within 20 "$WAVU" history --peek --with "$member" --home "$b"
run revoke Chiku --yes --home "$a"
is "who is in one network is put out of that" "$rc/${out%% *}" "0/Chiku"

# By a key, likewise.
run create forest --home "$a"
run invite --key "$("$WAVU" id --home "$b" | sed -n 's/^person //p')" --network forest --home "$a"
run join --key "$a_addr" --home "$b"
is "by a key one comes into another network of one's inviter, too" "$rc" 0
like "and into that one" "$("$WAVU" networks --home "$b")" '^forest +2 '
plan
