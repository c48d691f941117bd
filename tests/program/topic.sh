#!/usr/bin/env bash
# wavu topic: two nodes share a topic; what somebody says in it reaches a terminal as text only.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/a
b=$work/b
home=$a
up
a_addr=$addr
home=$b
up --seed "$a_addr"

# peers HOME N: the topic has N peers there.
peers() { "$WAVU" topic list --home "$1" | grep -qx "harvest  peers: $2"; }

run topic list --home "$a"
is "nobody is in a topic at first" "$out" "in no topic; 'wavu topic join NAME' enters one"
run topic join harvest --home "$a"
is "a topic is entered" "$out" "in topic harvest now; 'wavu topic read' shows what is said there"
run topic join harvest --home "$b"
is "twice is no harm" "$("$WAVU" topic join harvest --home "$b" >/dev/null; echo $?)" 0
if within 15 peers "$a" 1 && within 15 peers "$b" 1; then ok "they know of each other"; else not_ok "they know of each other" "$("$WAVU" topic list --json --home "$a")"; fi
"$WAVU" topic read harvest --home "$b" >"$work/read" 2>&1 </dev/null &
started+=("$!")
sleep_until() { "$WAVU" topic publish harvest 'are you there' --home "$a" && grep -q 'are you there' "$work/read"; }
if within 15 sleep_until; then ok "what one says the other reads"; else not_ok "what one says the other reads" "$(<"$work/read")"; fi
run topic publish harvest $'fell \e[2J here' --home "$a"
is "a message is published" "$rc" 0
within 10 grep -q 'fell' "$work/read"
if grep -q $'\e' "$work/read"; then not_ok "no escapes reach the terminal"; else ok "no escapes reach the terminal"; fi
like "its author is named" "$(<"$work/read")" "^$("$WAVU" id --home "$a"): are you there"
like "an event tells it" "$("$WAVU" events --all --no-follow --home "$b")" '"event":"topic","topic":"harvest","from":"12D3[A-Za-z0-9]*","text":"are you there","isOwn":false'
run topic leave harvest --home "$a"
is "it is left" "$out" "in topic harvest no more"
problem "what one is not in cannot be left" 4 'not in that topic' topic leave harvest --home "$a"
problem "a name is text" 2 'a topic.s name has 1 to 256 bytes' topic join $'har\x01vest' --home "$a"
problem "other words are refused" 2 'topic takes join NAME' topic enter harvest --home "$a"
run topic list --json --home "$b"
like "JSON has all of it" "$out" '"topics":\[\{"topic":"harvest","peers":[01],"isHere":true\}\]'
plan
