#!/usr/bin/env bash
# Direct chats: what one says to another arrives both ways, by way of a third where two are never up together, over a
# killed node; its states, what was read, edits, searches.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/amina
b=$work/baraka
c=$work/chiku
home=$a
up
a_addr=$addr
a_pid=$pid
home=$b
up --seed "$a_addr"
b_addr=$addr
b_pid=$pid
home=$c
up --seed "$a_addr"
c_addr=$addr
run nick Amina --home "$a"
run nick Baraka --home "$b"
run nick Chiku --home "$c"
run create savanna --home "$a"

joins() { # HOME: by a code of Amina's
    local code
    code=$("$WAVU" invite --no-wait --json --home "$a" | sed -nE 's/.*"code":"([^"]+)".*/\1/p')
    "$WAVU" join "$code" "$a_addr" --home "$1"
}
problem "without a network nobody can be written to" 4 'network' dm Amina habari --home "$b"
joins "$b" >/dev/null
joins "$c" >/dev/null
all_named() {
    local one
    for one in "$a" "$b" "$c"; do
        [ "$("$WAVU" members --home "$one" | grep -cE '  (Amina|Baraka|Chiku)$')" = 3 ] || return 1
    done
}
if within 30 all_named; then ok "three are in the network"; else not_ok "three are in the network"; fi

# shows HOME WITH REGEX: a line of that chat matches, and stays unread.
shows() { "$WAVU" history --peek --with "$2" --home "$1" 2>/dev/null | grep -qE -- "$3"; }
there() { # NAME SECONDS HOME WITH REGEX
    if within "$2" shows "$3" "$4" "$5"; then ok "$1"; else not_ok "$1" "$("$WAVU" history --peek --with "$4" --home "$3" 2>&1)"; fi
}

run chats --home "$a"
like "at first there are no chats" "$out" '^no direct chats yet'
run history --with Baraka --home "$a"
is "nor anything in one" "$rc/$out" "0/nothing was said there yet that can be read here"
run dm Baraka 'habari yako' --home "$a"
is "said: exit code" "$rc" 0
like "said: what happens now" "$out" "^[0-9a-f]{8} is kept for Baraka until it is there; 'wavu history --with [0-9a-f]{8}' tells\$"
there "it arrives" 30 "$b" Amina '^[0-9a-f]{8}  [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5}  Amina: habari yako$'
there "and its writer knows" 20 "$a" Baraka 'Amina: habari yako  \(delivered\)$'
run dm Amina $'nzuri\nsana \e[2J' --home "$b"
there "the other way, without what steers a terminal" 20 "$a" Baraka '^    sana \?\[2J$'
run history --home "$a"
is "the room has nothing of it" "$rc/$out" "0/nothing was said there yet that can be read here"
run chats --home "$c"
like "nor has a third member" "$out" '^no direct chats yet'

run chats --home "$a"
like "one is unread" "$out" '^[0-9a-f]{8}  +1  +2  Baraka$'
run history --with Baraka --home "$a"
is "looked at: two messages" "$(grep -cE '^[0-9a-f]{8}  ' <<<"$out")" 2
run chats --home "$a"
like "what was looked at is read" "$out" '^[0-9a-f]{8}  +0  +2  Baraka$'

# Whom a word means.
problem "nobody of that name" 4 "no member is called 'Zuri'" dm Zuri hello --home "$a"
problem "oneself" 2 'that is you' dm Amina hello --home "$a"
problem "nothing said" 2 'WHO and TEXT' dm Baraka --home "$a"
problem "a time that is none" 2 'takes a time' dm Baraka hello --expire soon --home "$a"
problem "two places" 2 'say one' history --with Baraka --room main --home "$a"
problem "no such room" 4 'no room of that name' history --room nothing --home "$a"

# About a message.
id=$("$WAVU" history --peek --with Baraka --home "$a" | sed -nE 's/^([0-9a-f]{8})  .*habari.*/\1/p')
run dm Baraka 'habari za leo' --edit "$id" --home "$a"
there "an edit arrives" 20 "$b" Amina 'Amina: habari za leo  \(edited\)$'
problem "what is not one's own stays as it is" 5 "somebody else's" dm Amina pole --edit "$id" --home "$b"
run history --with Amina --search leo --home "$b"
like "it is found by its words" "$out" 'habari za leo'
is "and nothing else" "$(wc -l <<<"$out")" 1
run history --with Amina --search yako --home "$b"
is "not by those it had" "$rc/$out" "0/no message there has all of these words"
run dm Baraka --delete "$id" --home "$a"
there "a deletion arrives" 20 "$b" Amina 'Amina: \(deleted, or it has ended\)$'
run dm Baraka 'dakika' --expire 2s --home "$a"
there "what disappears arrives" 20 "$b" Amina 'Amina: dakika$'
gone() { ! shows "$1" "$2" 'dakika'; }
if within 20 gone "$b" Amina && within 20 gone "$a" Baraka; then ok "and disappears"; else not_ok "and disappears"; fi

# Reading, told when that is wished.
run chats --receipts on --home "$b"
run dm Baraka 'umesoma?' --home "$a"
there "it arrives, too" 20 "$b" Amina 'umesoma'
run history --with Amina --home "$b"
there "its writer hears that it was read" 20 "$a" Baraka 'umesoma\?  \(read\)$'

# Never up together: Chiku holds it. And a node that is killed has what it said.
end "$b_pid"
run dm Baraka 'kupitia Chiku' --home "$a"
is "it is said" "$rc" 0
end "$a_pid" KILL
home=$a
up --listen "127.0.0.1:$(port_of "$a_addr")" --seed "$c_addr"
a_pid=$pid
there "a killed node has what it said, and a third holds it" 60 "$a" Baraka 'kupitia Chiku  \(stored at Chiku\)$'
end "$a_pid"
home=$b
up --listen "127.0.0.1:$(port_of "$b_addr")" --seed "$c_addr"
b_pid=$pid
there "it arrives while its writer is away" 60 "$b" Amina 'Amina: kupitia Chiku$'
end "$b_pid"
home=$a
up --listen "127.0.0.1:$(port_of "$a_addr")" --seed "$c_addr"
a_pid=$pid
there "and its writer knows, later" 60 "$a" Baraka 'kupitia Chiku  \(delivered\)$'
run history --with Baraka --json --home "$a"
like "as JSON" "$out" '^\{"messages":\[\{"id":"[0-9a-f]{64}","author":"[0-9a-f]{64}","nick":"Amina","shown":"Amina",'
is "each once" "$(grep -o 'kupitia Chiku' <<<"$out" | wc -l)" 1

# A name cannot be read as another's line.
run nick 'Amina: kwaheri' --home "$c"
run say forged --home "$c"
forged() { "$WAVU" history --peek --home "$a" 2>/dev/null | grep -qE '  "Amina: kwaheri": forged  \(|  "Amina: kwaheri": forged$'; }
if within 30 forged; then ok "a name that reads like a line stands between quotes"; else not_ok "a name that reads like a line stands between quotes" "$("$WAVU" history --peek --home "$a" 2>&1)"; fi
run nick Chiku --home "$c"
chiku_again() { "$WAVU" members --home "$a" | grep -qE '  Chiku$'; }
if within 30 chiku_again; then ok "it is called as before"; else not_ok "it is called as before"; fi

# Who was put out.
run revoke Chiku --yes --home "$a"
run history --home "$a" # while it is asked for, what was said before has a name
run members --home "$a"
like "who was put out keeps a name, marked" "$out" '^[0-9a-f]{8}  put out .*  Chiku \(put out\)$'
chiku=$("$WAVU" members --json --home "$a" | grep -oE '"id":"[0-9a-f]{64}"[^}]*"standing":"put out"' | sed -E 's/"id":"([0-9a-f]+)".*/\1/')
problem "who was put out cannot be written to" 5 'put out' dm "$chiku" kwaheri --home "$a"
end "$a_pid"
is "it ends in good order" "$rc" 0

# Alone: names are known that nobody near has said.
home=$a
up --listen "127.0.0.1:$(port_of "$a_addr")"
run dm Baraka 'peke yangu' --home "$a"
like "who is alone still knows who is called so" "$out" '^[0-9a-f]{8} is kept for Baraka'
run history --with Baraka --peek --home "$a"
like "and by whom it was said" "$out" '  Baraka: nzuri$'
plan
