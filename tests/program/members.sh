#!/usr/bin/env bash
# Networks of people: three nodes with homes of their own make one by a code and by a key, and put one of them out.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/amina
b=$work/baraka
c=$work/chiku
d=$work/daudi

home=$a
up
a_addr=$addr
a_pid=$pid
home=$b
up
b_addr=$addr
b_pid=$pid
home=$c
up
c_pid=$pid
home=$d
up

key_of() { "$WAVU" id --home "$1" | sed -n 's/^person //p'; }

# members HOME: so many belong, as that node sees it.
members() { "$WAVU" networks --json --home "$1" 2>/dev/null | sed -nE 's/.*"members":([0-9]+).*/\1/p'; }

all_see() { # COUNT HOME...
    local count=$1 one
    shift
    for one in "$@"; do
        [ "$(members "$one")" = "$count" ] || return 1
    done
}

# lists HOME STANDING NAME: its table has that member, with that name.
lists() { "$WAVU" members --home "$1" 2>/dev/null | grep -qE "^[0-9a-f]{8}  $2 .*  $3\$"; }

names_all() { lists "$1" member Amina && lists "$1" member Baraka && lists "$1" member Chiku; }

# invite_ends: its exit code is $rc.
invite_ends() {
    within 10 ended "$inviting"
    wait "$inviting"
    rc=$?
}

run nick Amina --home "$a"
is "a name is kept" "$out" "others are told that you are Amina"
run nick --home "$a"
is "and told" "$out" "Amina"
problem "a name that steers a terminal is refused" 2 'control character' nick $'\e[2J' --home "$a"
run nick Baraka --home "$b"
run nick Chiku --home "$c"

run networks --home "$a"
like "at first there is no network" "$out" '^no networks yet'
run members --home "$a"
like "without one members are nodes" "$out" '^NODE +STATE'
problem "nobody can be invited to none" 4 'in no network yet' invite --json --home "$a"
problem "a name of a network is checked" 2 'a-z 0-9' create 'Big Name' --home "$a"
run id --home "$d"
is "id shows no person where none was asked for" "$(wc -l <<<"$out")" 1
run create savanna --home "$a"
like "a network is made" "$out" '^savanna is made; its id is$'
like "with its id on a line of its own" "$out" '^[0-9a-f]{64}$'
problem "not twice of one name" 7 'in a network of that name already' create savanna --home "$a"
run members --home "$a"
like "its founder is its member" "$out" '  member +you +1  founder +Amina$'

# By a code, at an address.
open_code "$a"
like "a code is shown, large" "$(<"$work/invite")" '^    [0-9]+-[a-z]+-[a-z]+-[a-z]+$'
like "and for how long" "$(<"$work/invite")" 'within 10 minutes'
like "and what a QR shows" "$(<"$work/invite")" '^WAVU:JOIN:1:[A-Z0-9]+$'
wrong=$(sed -E 's/-[a-z]+$/-zebra/' <<<"$code")
[ "$wrong" != "$code" ] || wrong=$(sed -E 's/-[a-z]+$/-apple/' <<<"$code")
problem "a wrong code" 5 'the code is wrong, or closed already' join "$wrong" "$a_addr" --home "$b"
within 5 grep -q 'tried a wrong code' "$work/invite"
like "the inviter is told of it" "$(<"$work/invite")" 'somebody tried a wrong code; after 2 more'
problem "no code at all" 2 'words|word|number' join 7-apple --home "$b"
problem "an address where nobody is" 1 'nobody listens at 127.0.0.1:1' join "$code" 127.0.0.1:1 --home "$b"
problem "no address and no local network" 4 'type an address of the inviter behind the code' join "$code" --home "$b"
run join "$code" "$a_addr" --home "$b"
is "the right one: exit code" "$rc" 0
like "the right one: who it was" "$out" '^Amina knows the code, too'
like "the right one: where it leads" "$out" 'this node belongs to savanna now; '
invite_ends
is "the inviter's command ends with it" "$rc" 0
like "and names the newcomer" "$(<"$work/invite")" '^Baraka knows the code and is invited$'
like "and says when it is in" "$(<"$work/invite")" '^Baraka is in now; '
problem "a used code is no good" 5 'closed already' join "$code" "$a_addr" --home "$d"
for _ in 1 2 3 4 5; do
    run join "$code" "${a_addr%/p2p/*}" --home "$d"
done
like "too many tries at once are told apart from a node that is not there" "$err" 'turned this try away, unseen'

# By a key, of another member.
problem "who is not invited is told so" 5 'not invited there' join --key "$b_addr" --home "$c"
run id --home "$c"
like "id shows the person's key now" "$out" '^person [0-9a-f]{64}$'
run invite --key "$(key_of "$c")" --home "$b"
like "a key is invited, and how to join is said" "$out" "^    wavu join --key $b_addr\$"
run join --key "$b_addr" --home "$c"
is "joined by key: exit code" "$rc" 0
problem "a key that is none" 2 '64 hexadecimal digits' invite --key abc --home "$b"

if within 20 all_see 3 "$a" "$b" "$c"; then ok "three are members"; else not_ok "three are members"; fi
for one in "$a" "$b" "$c"; do
    if within 20 names_all "$one"; then
        ok "members lists all three (${one##*/})"
    else
        not_ok "members lists all three (${one##*/})" "$("$WAVU" members --home "$one")"
    fi
done
run members --nodes --home "$a"
like "--nodes lists nodes" "$out" '^NODE +STATE'
run members --network nothing --home "$a"
is "a network that is none" "$rc" 4

# Mentions: who is meant is told so, and nobody else.
shows() { "$WAVU" history --home "$1" 2>/dev/null | grep -qE -- "$2"; }
run say 'nipo' --home "$c"
within 20 shows "$a" '  Chiku: nipo' # the newest keys are where they are needed
run say 'habari @Chiku, njoo (barua: zuri@Baraka, @Zuri, @)' --home "$a"
is "somebody is mentioned" "$rc$err" 0
if within 20 shows "$c" '  Amina: \(@you\) habari @Chiku, njoo'; then
    ok "who is mentioned sees it"
else
    not_ok "who is mentioned sees it" "$("$WAVU" history --home "$c" 2>&1)"
fi
for one in "$a" "$b"; do
    within 20 shows "$one" '  Amina: habari @Chiku, njoo'
    run history --home "$one"
    like "nobody else is (${one##*/})" "$out" '  Amina: habari @Chiku, njoo'
done
chiku=$("$WAVU" members --json --home "$a" | grep -oE '"id":"[0-9a-f]{64}","key":"[0-9a-f]{64}","inviter":"[0-9a-f]{64}","nick":"Chiku"' | cut -d'"' -f4)
run history --json --home "$b"
like "a script sees whom" "$out" "\"mentions\":\[\"$chiku\"\],\"isMentioned\":false"
run history --json --home "$c"
like "and that it is meant" "$out" "\"mentions\":\[\"$chiku\"\],\"isMentioned\":true"
run events --all --no-follow --home "$c"
like "an event tells it" "$out" "\"event\":\"said\",.*\"mentions\":\[\"$chiku\"\],\"isMentioned\":true"

# Same names.
problem "who is nobody cannot be put out" 4 "no member is called 'Zuri'" revoke Zuri --home "$a"
run nick Baraka --home "$c"
both() { [ "$("$WAVU" members --home "$a" | grep -cE 'Baraka#[0-9a-f]{4,}  \(another is called so, or looks like it\)$')" = 2 ]; }
if within 20 both; then ok "two of one name are marked"; else not_ok "two of one name are marked" "$("$WAVU" members --home "$a")"; fi
problem "and none of them is put out by it" 2 "'Baraka' can mean 2 members: Baraka#[0-9a-f]+ \([0-9a-f]{8}\), Baraka#[0-9a-f]+ \([0-9a-f]{8}\); type" \
    revoke Baraka --yes --home "$a"
run say '@Baraka, wewe?' --home "$a"
is "nor mentioned: it is said all the same" "$rc" 0
like "and how to say whom" "$err" "^wavu: warning: '@Baraka' can mean 2 members: Baraka#[0-9a-f]+ \([0-9a-f]{8}\), .*beginning of an id"
within 20 shows "$c" '@Baraka, wewe'
run history --home "$c"
like "it stays text" "$out" '  Amina: @Baraka, wewe'
run say "@${chiku:0:8} wewe" --home "$a"
is "by digits of an id it is clear" "$rc$err" 0
if within 20 shows "$c" "  Amina: \(@you\) @${chiku:0:8} wewe"; then ok "and shown to that one"; else not_ok "and shown to that one" "$("$WAVU" history --home "$c" 2>&1)"; fi
run nick Chiku --home "$c"
within 20 names_all "$a"

# A restart keeps all of it.
end "$b_pid"
home=$b
up --listen "127.0.0.1:$(port_of "$b_addr")"
b_pid=$pid
if within 20 names_all "$b"; then ok "a restart keeps the network"; else not_ok "a restart keeps the network" "$("$WAVU" members --home "$b")"; fi
is "and the name" "$("$WAVU" nick --home "$b")" Baraka

# Out: whom one has brought in.
neighbours() { "$WAVU" networks --json --home "$1" | sed -nE 's/.*"neighbours":([0-9]+).*/\1/p'; }
is_cut() { [ "$(neighbours "$c")" = 0 ]; }
run revoke Chiku --yes --home "$b"
is "put out: exit code" "$rc" 0
like "put out: who" "$out" '^Chiku \([0-9a-f]{8}\) is put out$'
if within 5 is_cut; then ok "the one that is out is cut off"; else not_ok "the one that is out is cut off" "neighbours: $(neighbours "$c")"; fi
alone() { [ "$(neighbours "$a")" = 1 ] && [ "$(neighbours "$b")" = 1 ]; }
if within 5 alone; then ok "by each of the others"; else not_ok "by each of the others" "neighbours: $(neighbours "$a") $(neighbours "$b")"; fi
linked() { "$WAVU" status --json --home "$1" | sed -nE 's/.*"linked":([0-9]+).*/\1/p'; }
is "whom one has a link with in a network counts in the status, once" "$(linked "$a") $(linked "$b")" "1 1"
if within 5 all_see 2 "$a" "$b"; then ok "the others count two"; else not_ok "the others count two"; fi
run members --home "$a"
like "and list it as put out" "$out" '^[0-9a-f]{8}  put out '
end "$c_pid"
home=$c
up --seed "$a_addr" --seed "$b_addr"
c_pid=$pid
run broadcast hello --home "$a" # some time for what should not happen
within 2 false
if all_see 2 "$a" "$b" && is_cut; then ok "its restart does not bring it back"; else not_ok "its restart does not bring it back"; fi
problem "nor does its key" 5 'not invited there' join --key "$b_addr" --home "$c"

# Codes that are withdrawn.
open_code "$a"
run invite --close --home "$a"
invite_ends
is "a code that is closed ends the waiting" "$rc" 1
like "and says why" "$(<"$work/invite")" '^wavu: the code was withdrawn'
run invite --no-wait --json --language sw --home "$a"
like "without waiting, as JSON" "$out" '^\{"after":[0-9]+,"code":"[^"]+","qr":"WAVU:[^"]+","openMs":600000\}$'

# Words that are tried one after the other are not looked at any more, for a while.
too_many() {
    run join 7-apple-river-stone "$a_addr" --home "$d"
    [ "$rc" = 1 ]
}
if within 10 too_many; then ok "who tries too often is turned away"; else not_ok "who tries too often is turned away" "$err"; fi
like "and told what it is, and to wait" "$err" '^wavu: whoever answers there turned this try away, unseen: too many came from here lately'

problem "no node" 3 'no node runs' networks --home "$work/nowhere"
end "$a_pid"
is "a node with networks ends in good order" "$rc" 0
plan
