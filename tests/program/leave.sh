#!/usr/bin/env bash
# Leaving a network: asked for first, told to the others, kept over a kill, and taken back by a new invitation.
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
problem "who is in no network leaves none" 4 'in no network' leave --yes --home "$a"
run create savanna --home "$a"
open_code "$a"
run join "$code" "$a_addr" --home "$b"
is "baraka joins" "$rc" 0
both() { "$WAVU" networks --home "$a" | grep -q '^savanna  *2 ' && "$WAVU" networks --home "$b" | grep -q '^savanna  *2 .*'; }
within 20 both
within 20 "$WAVU" say karibu --home "$b" # so the keys of both are known to both
within 20 "$WAVU" say habari --home "$a"
out=$(python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$WAVU" say 'habari gani' --home "$a" </dev/null | tr -d '\r')
like "a person that it was said" "$out" '^said, as [0-9a-f]{8}$'
like "a script is told the message's id" "$("$WAVU" say 'habari tena' --home "$a")" '^[0-9a-f]{64}$'
reads() { "$WAVU" history --peek --home "$1" 2>/dev/null | grep -qE "  $2\$"; }
if within 20 reads "$b" 'Amina: habari'; then ok "what is said is heard"; else not_ok "what is said is heard"; fi

run dm Baraka 'kwa siri' --home "$a"
has() { "$WAVU" history --peek --with Amina --home "$b" 2>/dev/null | grep -qE '  Amina: kwa siri$'; }
within 20 has

problem "without a terminal nobody is asked" 2 'no terminal to ask at; --yes does it' leave --home "$b"
on_terminal() { # TYPED: wavu leave of Baraka's, at a terminal; $out is what that showed
    out=$(python3 - "$WAVU" "$b" "$1" <<'END'
import os, pty, sys
program, home, typed = sys.argv[1:]
child, fd = pty.fork()
if child == 0:
    os.execv(program, [program, "leave", "--home", home])
seen = b""
while b"to go on: " not in seen:
    seen += os.read(fd, 1024)
os.write(fd, typed.encode() + b"\n")
try:
    while True:
        part = os.read(fd, 1024)
        if not part:
            break
        seen += part
except OSError:
    pass
print(seen.decode().replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
    )
    rc=$?
}
on_terminal mountain
is "who types something else stays" "$rc" 1
like "and is told so" "$out" 'something else; nothing was done'
like "having read what would become of it" "$out" 'The others are told that you leave savanna, with all your devices'
on_terminal savanna
is "who types its name leaves" "$rc" 0
like "and is told so" "$out" 'you are leaving savanna; what was said there stays here to be read'
kill -KILL "$b_pid"
wait "$b_pid" 2>/dev/null
home=$b
up --seed "$a_addr"
b_pid=$pid
run networks --home "$b"
like "it has left, also after a kill in the same moment" "$out" '^savanna .*  left, to be read$'
gone() { "$WAVU" members --home "$a" | grep -qE '^[0-9a-f]{8}  left  '; }
if within 30 gone; then ok "the other one hears of it"; else not_ok "the other one hears of it" "$("$WAVU" members --home "$a")"; fi
run history --with Baraka --home "$a"
like "what was said to who left stays to be read, by the name" "$out" '  Amina: kwa siri'
run history --with "$("$WAVU" chats --home "$a" | sed -n '2s/ .*//p')" --home "$a"
like "and by the id that chats shows" "$out" '  Amina: kwa siri'
problem "nothing is sent there" 5 'that member left or was put out' dm Baraka habari --home "$a"
run members --home "$b"
like "who was in it is still listed, and that one left" "$rc/$out" '^0/savanna \(you left\): [0-9]+ members?$'
like "by their names" "$out" '  Amina$'
run history --home "$b"
like "what was said stays to be read" "$out" '  Amina: habari$'
problem "and nothing is said there any more" 5 'this node left|put out|more can be done' say kwaheri --home "$b"

open_code "$a"
run join "$code" "$a_addr" --home "$b"
is "invited again one comes back" "$rc" 0
run networks --home "$b"
like "into the same network" "$out" '^savanna +2 .*[0-9a-f]{8}$'
within 20 "$WAVU" say nimerudi --home "$b"
if within 30 reads "$a" 'Baraka: nimerudi'; then ok "and is heard"; else not_ok "and is heard" "$("$WAVU" history --peek --home "$a")"; fi
run history --home "$b"
like "what it said before is its own still" "$out" '  Baraka: karibu'
like "and what it heard is there" "$out" '  Amina: habari'

within 20 "$WAVU" dm Baraka 'karibu tena' --home "$a"
later() { "$WAVU" history --peek --with Amina --home "$b" 2>/dev/null | grep -q 'karibu tena'; }
within 20 later
run chats --home "$b"
like "the chat from before it left and the one from now are one" "$(grep -c ' Amina$' <<<"$out")/$out" '^[0-9a-f]{8} +2 +2  Amina$'
run history --with Amina --home "$b"
is "shown in order" "$(grep -oE 'kwa siri|karibu tena' <<<"$out" | tr '\n' ,)" "kwa siri,karibu tena,"
run history --with Amina --search 'k' --json --home "$b"
like "and searched" "$out" 'karibu tena.*kwa siri'
run history --with Amina --max 1 --home "$b"
is "the last one is the last" "$(grep -oE 'kwa siri|karibu tena' <<<"$out" | tr '\n' ,)" "karibu tena,"
run chats --home "$b"
like "and all of it is read" "$out" '^[0-9a-f]{8} +0 +2  Amina$'

run leave --network savanna --yes --json --home "$a"
like "the founder, too; as JSON" "$rc/$out" '^0/\{"network":"[0-9a-f]{64}"\}$'
left() { "$WAVU" events --all --no-follow --home "$a" | grep -q '"event":"left"'; }
if within 10 left; then ok "an event tells it"; else not_ok "an event tells it"; fi
plan
