#!/bin/bash
# wavu chat --plain: two people through pipes, from a code to hostile words, and a node that dies under it.
. "$(dirname "$0")/common.bash"

home=$work/amina
up
amina=$home amina_pid=$pid amina_addr=$addr
home=$work/baraka
up
baraka=$home baraka_pid=$pid
"$WAVU" create nyumbani --home "$amina" >"$work/.out"

# listen HOME NAME ARGS...: a chat that reads what is written to descriptor $to; $work/NAME is what it prints.
listen() {
    local at=$1 name=$2
    shift 2
    mkfifo "$work/$name.in"
    "$WAVU" chat --plain --home "$at" "$@" <"$work/$name.in" >"$work/$name" 2>"$work/$name.err" &
    chat=$!
    started+=("$chat")
    exec {to}>"$work/$name.in"
}

# chat HOME ARGS...: says what comes on stdin; $rc, $out and $err.
chat() {
    local at=$1
    shift
    timeout -k 1 60 "$WAVU" chat --plain --home "$at" "$@" >"$work/.out" 2>"$work/.err"
    rc=$?
    out=$(<"$work/.out")
    err=$(<"$work/.err")
}

heard() { within 20 grep -qF -- "$2" "$work/$1"; }
says() { # NAME FILE TEXT
    if heard "$2" "$3"; then ok "$1"; else not_ok "$1" "$(cat "$work/$2")"; fi
}

# ---- alone ----

chat "$amina" <<<'hello, who is there?'
is "alone a line is said, and nobody is waited for" "$rc" 0
like "which prints nothing" "$out$err" '^$'
chat "$baraka" </dev/null
is "an empty input ends at once, also without a network" "$rc" 0
chat "$baraka" <<<'hello'
is "without a network there is nobody to say it to" "$rc" 4
like "which a line says, with what to do" "$out" '^-- there is nobody to say it to yet: /join CODE'
chat "$amina" <<<'/invte'
is "what is no command is none" "$rc" 4
like "and the nearest is named" "$out" 'did you mean /invite\?'
chat "$amina" --room nowhere </dev/null
is "a room that is not there" "$rc" 4
chat "$amina" --room a --to b </dev/null
is "a room and a member are two places" "$rc" 2

problem "a port is a number" 2 'port' chat --plain --home "$amina" --port x
problem "so is a history" 2 'history' chat --plain --home "$amina" --history -1

begun=$SECONDS
chat "$amina" <<<'/invite'
is "a script that asks for a code has it" "$rc/$(grep -c '^-- code: ' <<<"$out")" 0/1
if [ $((SECONDS - begun)) -lt 30 ]; then ok "and nobody is waited for"; else not_ok "and nobody is waited for" "$((SECONDS - begun)) s"; fi
begun=$SECONDS
chat "$amina" --wait 3 <<<'/invite'
if [ "$rc" = 0 ] && [ $((SECONDS - begun)) -ge 2 ]; then ok "unless it says so"; else not_ok "unless it says so" "$rc after $((SECONDS - begun)) s"; fi
run invite --close --home "$amina"

# ---- a code, typed and read ----

listen "$amina" one --nick Amina
amina_chat=$chat amina_to=$to
echo /invite >&"$amina_to"
says "/invite opens a code" one '-- code: '
code=$(sed -n 's/^-- code: //p' "$work/one")
printf '/join %s %s\nhabari @Amina\n' "$code" "$amina_addr" >"$work/lines"
chat "$baraka" --nick Baraka <"$work/lines"
is "/join joins, and what stands behind it is said there" "$rc" 0
like "somebody was found" "$out" '^-- found Amina, joining'
says "who showed the code hears it, and is mentioned" one 'Baraka: (@you) habari @Amina'
says "and is told who joined" one '-- Baraka showed the code and joins'
lists() { chat "$baraka" <<<'/members' && grep -q '^-- Amina: connected' <<<"$out"; }
if within 20 lists; then ok "/members lists both"; else not_ok "/members lists both" "$out"; fi
like "oneself among them" "$out" 'Baraka: you'

chat "$baraka" --history 5 </dev/null
like "what was said before is shown, also when nothing is typed" "$out" 'Baraka: habari @Amina'
# What a node is asked for takes longer than what the chat knows itself.
chat "$baraka" <<<$'/status\n/networks\n/status\n/networks'
is "what commands say comes in their order" "$(grep -oE '^-- (wavu [0-9]|[a-z]+: members)' <<<"$out" | cut -c1-7 | paste -sd,)" \
    "-- wavu,-- nyum,-- wavu,-- nyum"

# ---- to one alone, and back ----

listen "$baraka" two --to Amina
baraka_chat=$chat baraka_to=$to
echo 'siri yetu' >&"$baraka_to"
says "--to says it to one alone" one '[direct] Baraka: siri yetu'
echo '/dm Baraka sawa sawa' >&"$amina_to"
says "/dm answers" two '[direct] Amina: sawa sawa'
echo '/me acheka' >&"$amina_to"
says "an action of the room shows where it was said" two '[nyumbani] * Amina acheka'
echo '/dm Simba habari' >&"$amina_to"
says "nobody is guessed" one "-- nobody in nyumbani is called 'Simba'"
echo '/revoke Baraka' >&"$amina_to"
says "/revoke wants to be sure" one "Type the same again with 'yes' behind it."
echo '//etc/passwd' >&"$amina_to"
says "two slashes are one in a text" two 'Amina: /etc/passwd'

# ---- files, rooms, the program itself ----

echo 'ramani' >"$work/ramani.txt"
echo "/file send $work/ramani.txt" >&"$amina_to"
says "a file that is offered is told" two 'Amina offers ramani.txt (7 B): /accept '
says "and to who offers it" one '-- your file ramani.txt is offered'
is "who was told first that it is looked through" "$(grep -oE 'ramani.txt is (looked through|offered)' "$work/one" | paste -sd,)" \
    'ramani.txt is looked through,ramani.txt is offered'
sed -n 's/^-- Amina offers .*: \(\/accept [0-9a-f]*\) fetches it$/\1/p' "$work/two" >&"$baraka_to"
says "/accept fetches it" two "-- a file is here: $baraka/downloads/ramani.txt"
echo '/room make safari' >&"$amina_to"
says "/room make goes to the new room" one '-- this is safari'
echo 'karibu safari' >&"$amina_to"
says "what is said there says so elsewhere" two '[safari] Amina: karibu safari'
echo '/room main' >&"$amina_to"
says "and back" one '-- this is nyumbani'
echo '/config' >&"$amina_to"
says "/config is the program's own words" one '-- require_invitation = true'

# ---- hostile words ----

printf 'a\033[2J\033]0;x\007b\342\200\256c\302\2332Jd\n' >&"$amina_to"
says "what would steer a terminal is shown as ?" two 'Amina: a?[2J?]0;x?b?c?2Jd'
if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae|\xc2\x9b' "$work/two"; then
    not_ok "and nothing else comes through" "$(cat -v "$work/two")"
else
    ok "and nothing else comes through"
fi
"$WAVU" say --home "$amina" $'one\n-- not told\n12:00 Chui: not said' >"$work/.out"
says "lines of one text stand below it" two '    12:00 Chui: not said'
if grep -qE '^(-- not told|12:00 Chui)' "$work/two"; then
    not_ok "and pass for nothing else" "$(cat "$work/two")"
else
    ok "and pass for nothing else"
fi
printf 'z%.0s' $(seq 1 70000) >"$work/long"
echo >>"$work/long"
cat "$work/long" >&"$amina_to"
says "a line that is too long is passed over" one '-- a line was too long'
printf 'broken \377\376 end\n' >&"$amina_to"
says "what is no UTF-8 is not said" one '-- not said: what is said is text in UTF-8'
echo 'still here' >&"$amina_to"
says "and the chat goes on" two 'Amina: still here'

# ---- the end of the input ----

exec {baraka_to}>&-
within 20 ended "$baraka_chat"
wait "$baraka_chat"
is "the end of the input ends it" $? 0
end "$baraka_pid"
chat "$amina" --to Baraka --wait 1 <<<'wewe hupo'
is "what is not delivered in time is said so" "$rc" 6
like "in a sentence" "$err" '^wavu: one message was not delivered yet; it is kept'
home=$baraka
up
listen "$baraka" three
came() { "$WAVU" history --home "$baraka" --with Amina --peek | grep -q 'wewe hupo'; }
if within 20 came; then ok "it is kept, and comes"; else not_ok "it is kept, and comes"; fi

# ---- programs ----

listen "$amina" json --jsonl
json_to=$to
echo '{"text":"kwa JSON"}' >&"$json_to"
says "objects are said" three 'Amina: kwa JSON'
says "and answered" json '"event":"done"'
echo '{"to":"Baraka","text":"peke yako"}' >&"$json_to"
says "to one alone, too" three '[direct] Amina: peke yako'
echo '"/members"' >&"$json_to"
says "results are objects" json '"event":"members"'
echo '{"text":7}' >&"$json_to"
says "what is none is a failure" json '"event":"failed"'
bad=$(python3 -c '
import json, sys
for line in open(sys.argv[1]):
    json.loads(line)
' "$work/json" 2>&1)
is "every line is JSON" "$bad" ""

# ---- who is blocked ----

"$WAVU" contact block Amina --home "$baraka" >"$work/.out"
folded() { "$WAVU" history --peek --home "$baraka" | grep -c 'Amina: (blocked)'; }
all=$(folded)
echo kelele >&"$amina_to"
more() { [ "$(folded)" -gt "$all" ]; }
within 20 more
"$WAVU" contact unblock Amina --home "$baraka" >"$work/.out"
echo kimya >&"$amina_to"
says "who is blocked no more is read again" three 'Amina: kimya'
is "and was not meanwhile" "$(grep -c 'kelele\|(blocked)' "$work/three")" 0

# ---- a node that dies ----

kill -KILL "$amina_pid"
within 20 ended "$amina_chat"
wait "$amina_chat"
is "a chat whose node dies ends with 3" $? 3
like "and says so" "$(cat "$work/one.err")" '^wavu: the node has ended, and the chat with it'

# ---- a node of its own ----

# A key of RFC 8032 (7.1, test 1): what follows from it is known.
seed=9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
public=d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
mkdir -m 700 "$work/chui"
printf 'require_invitation = false\ndiscovery_port = 0\n' >"$work/chui/wavu.toml"
listen "$work/chui" four --nick Chui --bind 127.0.0.1 --port 0 --seed "$addr" --keypair-seed $seed --invite-only
chui_chat=$chat chui_to=$to
echo /id >&"$chui_to"
says "with nothing prepared it starts a node, which knows who one is: --nick" four '-- nick: Chui'
says "--keypair-seed is the person's key" four "-- key: $public"
is "and stands on no command line that others see" "$(grep -lF -f - /proc/[0-9]*/cmdline <<<"$seed" 2>/dev/null | wc -l)" 0
like "--bind and --port are where it listens" "$("$WAVU" status --json --home "$work/chui")" \
    '"addresses":\["/ip4/127\.0\.0\.1/tcp/[1-9][0-9]*/p2p/[^"]*"\]'
seeded() { "$WAVU" status --json --home "$work/chui" | grep -q '"neighbours":1'; }
if within 20 seeded; then ok "--seed is connected"; else not_ok "--seed is connected" "$("$WAVU" status --home "$work/chui")"; fi
"$WAVU" create savanna --home "$work/chui" >"$work/.out"
like "--invite-only: what is made is for those who were invited" "$("$WAVU" networks --json --home "$work/chui")" '"policy":"inviter"'
exec {chui_to}>&-
within 20 ended "$chui_chat"
wait "$chui_chat"
is "it ends well" $? 0
chat "$work/chui" --port 1 </dev/null
like "who says it to a node that runs is told that it changes nothing" "$err" '^wavu: warning: a node runs here already'
"$WAVU" down --home "$work/chui" >"$work/.out" 2>&1

plan
