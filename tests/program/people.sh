#!/usr/bin/env bash
# People: two nodes compare a safety number, give and take names, call for help and answer, over a kill of the one called.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/amina
b=$work/baraka

home=$a
up
a_addr=$addr
home=$b
up
b_pid=$pid

run nick Amina --home "$a"
run nick Baraka --home "$b"
problem "there is nobody to verify yet" 4 'nobody is called so' verify Baraka --home "$a"
run create savanna --home "$a"
open_code "$a"
run join "$code" "$a_addr" --home "$b"
is "baraka joins" "$rc" 0
run members --home "$b"
like "who invited us has a name at once" "$out" '^[0-9a-f]{8}  member .*  Amina$'

# Safety numbers.
named() { "$WAVU" members --home "$1" | grep -q "  $2\$"; }
within 20 named "$a" Baraka
run verify Baraka --home "$a"
number=$(grep -E '^    [0-9]{5} ' <<<"$out")
is "a number has three lines of twenty digits" "$(wc -l <<<"$number")" 3
like "who was not compared is not verified" "$out" '^now: unverified$'
run verify amina --home "$b"
is "both see the same" "$(grep -E '^    [0-9]{5} ' <<<"$out")" "$number"
qr=$(grep '^WAVU:SAFETY:' <<<"$out")
problem "what is no safety number is told" 1 'not a safety number|safety number' verify Baraka --scanned habari --home "$a"
run contacts --home "$a"
like "nothing came of that" "$out" '^no contacts yet'
run verify Baraka --scanned "$qr" --home "$a"
like "a scanned number verifies" "$out" 'verified on [0-9]{4}-'
run contact name Baraka Kaka --home "$a"
like "a name is given" "$out" '^Kaka \([0-9a-f]{8}\): verified on'
shown=$(grep -oE '\([0-9a-f]{8}\)' <<<"$out" | tr -d '()')
like "with the id that members shows" "$("$WAVU" members --home "$a")" "^$shown  member .*  Kaka\$"
run contacts --home "$a"
like "as contacts does" "$out" "^Kaka \($shown\): verified on"
run members --home "$a"
like "members are shown by it" "$out" '  Kaka$'
run contacts --json --home "$a"
like "contacts as JSON" "$out" '"name":"Kaka","mark":"verified"'
run verify kaka --no --home "$a"
like "a mark is taken back" "$out" ': unverified$'
problem "a name that steers a terminal is none" 2 'control character' contact name Kaka $'\e[2J' --home "$a"

# Who looks like another is shown apart.
run nick $'\u0410mina' --home "$b"
apart() { "$WAVU" members --home "$1" | grep -qE '  .mina#[0-9a-f]{4,}  \(another is called so, or looks like it\)$'; }
within 20 apart "$b"
if apart "$b"; then ok "look-alikes are marked"; else not_ok "look-alikes are marked" "$("$WAVU" members --home "$b")"; fi
problem "an ambiguous name is not guessed" 2 'can mean 2 members: .mina#[0-9a-f]+ \([0-9a-f]{8}\), .mina#' revoke amina --home "$b"
run members --home "$a"
like "our own name for somebody stays" "$out" '  Kaka$'
run nick Baraka --home "$b"

# Calls for help.
run sos status --home "$a"
is "at first nobody calls" "$out" "nobody calls for help"
problem "somebody has to be called" 2 'say whom to call' sos 'help me' --home "$a"
problem "a position is one" 2 'a position is LAT,LON' sos --to Kaka --at 91,0 --home "$a"
problem "of a stranger nothing is known" 4 'nobody is called so' sos --to Zawadi --home "$a"
run sos --to Kaka $'fell \e[2J here' --at -6.1659,39.20265,12 --home "$a"
is "a call is made" "$rc" 0
like "each time it is said that this calls no emergency service" "$out" 'This calls no emergency service'
calls() { "$WAVU" sos status --home "$1" | grep -q "$2"; }
within 20 calls "$b" 'CALLS FOR HELP: Amina'
run sos status --home "$b"
like "it arrives" "$out" '^[0-9a-f]{8}  CALLS FOR HELP: Amina$'
like "with its text, and nothing that steers a terminal" "$out" '^    "fell \?\[2J here"$'
like "and where" "$out" '^    at -6\.1659000, 39\.2026500, 12 m$'
within 20 calls "$a" 'delivered .*Kaka'
run events --all --no-follow --home "$b"
like "an event tells it" "$out" '"event":"sosCalled","call":\{"id":"[0-9a-f]{32}","isOwn":false'
sleep 6 # what a mesh knows, where others are, is on the disk 5 s after it is new
kill -KILL "$b_pid"
wait "$b_pid" 2>/dev/null
home=$b
up
run sos status --home "$b"
like "it is there after a kill, whoever is near" "$out" '^[0-9a-f]{8}  CALLS FOR HELP: '
within 30 calls "$b" 'CALLS FOR HELP: Amina'
run sos status --home "$b"
id=$(grep -oE '^[0-9a-f]{8}' <<<"$out" | head -n 1)
within 10 "$WAVU" sos ack "$id" --home "$b"
within 30 calls "$a" 'acknowledged .*Kaka'
run sos status --home "$a"
like "who calls sees that it was seen" "$out" '^    acknowledged +Kaka$'
run sos cancel --home "$a"
is "it is over" "$out" "it is over; everybody who was called is told"
within 30 calls "$b" 'over: Amina'
run sos status --home "$b"
like "who was called is told" "$out" '^[0-9a-f]{8}  over: Amina$'
problem "what is over is not cancelled again" 4 'no call for help of yours is open' sos cancel --home "$a"
run contact block amina --home "$b"
like "somebody is blocked" "$out" ': unverified, blocked$'
problem "who is blocked is not written to in silence" 5 \
    "you have blocked Amina \\([0-9a-f]{8}\\).*'wavu contact unblock [0-9a-f]{8}' ends that" dm amina 'uko wapi?' --home "$b"
problem "nor sent a file" 5 'you have blocked Amina' file send "$b/device.key" --to amina --home "$b"
run dm Kaka 'uko wapi?' --home "$a"
like "who is blocked is not told" "$out" '^[0-9a-f]{8} is kept for Kaka until'
run sos --all --json --home "$a"
like "all are called" "$out" '"id":"[0-9a-f]{32}","notice":"This calls no emergency'
within 20 calls "$a" 'delivered'
run sos status --home "$b"
is "who is blocked is not heard" "$(grep -c 'CALLS FOR HELP' <<<"$out")" 0
run room set --name Savanna --home "$a"
run room set --expire 7d --home "$a"
is "what is said there ends after a week" "$rc" 0
run history --home "$a"
like "and what its name is now" "$out" '  Amina: \(made or changed the room\) Savanna$'
is "nothing in it says nothing" "$(grep -cE ': *(\([a-z ]*\) *)?$' <<<"$out")" 0
said() { "$WAVU" say "$2" --home "$1"; }
within 20 said "$a" 'habari chumbani'
folded() { "$WAVU" history --home "$b" | grep -qE '^[0-9a-f]{8}  .{16}  Amina: \(blocked\)$'; }
if within 20 folded; then ok "what it says in a room is folded"; else not_ok "what it says in a room is folded" "$("$WAVU" history --home "$b" 2>&1)"; fi
run events --no-follow --home "$b"
like "an event tells it, marked" "$out" '"event":"said",.*"shown":"Amina","kind":"text","isOwn":false,"isGone":false,"isHidden":false,"isBlocked":true,"about":null,"text":"habari chumbani"'
run history --json --home "$b"
like "and marked" "$out" '"text":"habari chumbani".*"isBlocked":true'
run contact unblock amina --home "$b"
run dm amina 'uko wapi?' --home "$b"
is "who is unblocked is written to" "$rc" 0
run history --home "$b"
like "until it is blocked no more" "$out" '  Amina: habari chumbani'

# What others said is theirs.
theirs=$("$WAVU" history --json --home "$b" | grep -oE '"id":"[0-9a-f]{64}"[^}]*habari chumbani' | grep -oE '[0-9a-f]{64}' | head -n 1)
problem "nobody edits for others" 5 'only who said a message can edit or delete it' say --edit "${theirs:0:8}" 'uongo' --home "$b"
problem "nor deletes" 5 'only who said a message can edit or delete it' say --delete "$theirs" --home "$b"

printf 'a\0b' | timeout 30 "$WAVU" say - --home "$b" >"$work/.out" 2>"$work/.err"
is "what is no text is not said" $? 2
like "and may go as a file" "$(<"$work/.err")" '^wavu: .* has a NUL, so it is no text; send it as a file: wavu file send PATH$'

# Calls for help in a room.
run sos cancel --home "$a"
run sos --all 'msaada' --home "$a"
run history --home "$a"
like "the room says who calls" "$out" '  Amina: \(CALLS FOR HELP\) msaada'
run sos cancel --home "$a"
run history --home "$a"
like "and when it is over" "$out" '  Amina: \(needs no help any more\)'
plan
