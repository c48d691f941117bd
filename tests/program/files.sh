#!/usr/bin/env bash
# Files between people: three nodes with homes of their own, one that is killed amid a file and goes on by itself,
# several holders, names and places that are taken, files that change.
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
up
b_pid=$pid
home=$c
up
c_pid=$pid

join() { # HOME: it comes into Amina's network
    open_code "$a" --network "$net"
    run join "$code" "$a_addr" --home "$1"
}

# state ID HOME: how that offer stands there.
state() {
    "$WAVU" file list --json --home "$2" 2>/dev/null | tr '{' '\n' | grep "\"id\":\"$1" | sed -nE 's/.*"state":"([^"]*)".*/\1/p'
}
stands() { [ "$(state "$1" "$2")" = "$3" ]; } # ID HOME STATE

# bytes ID HOME: of it that are there.
bytes() {
    "$WAVU" file list --json --home "$2" 2>/dev/null | tr '{' '\n' | grep "\"id\":\"$1" | sed -nE 's/.*"bytes":([0-9]*).*/\1/p'
}
some_came() {
    local seen
    seen=$(bytes "$1" "$2")
    [ "${seen:-0}" -gt 0 ]
}

# offer PATH: Amina offers it until both others hear of it; $id names it.
offer() {
    run file send "$1" --network "$net" --home "$a"
    id=$(sed -nE 's/.*wavu file accept ([0-9a-f]+)$/\1/p' <<<"$out")
    within "${2:-20}" stands "$id" "$b" offered && within "${2:-20}" stands "$id" "$c" offered
}

run nick Amina --home "$a"
mkdir "$work/photos" "$work/music"
head -c 200000000 /dev/urandom >"$work/photos/trip.ogg"
printf 'short' >"$work/photos/note.txt"
net=savanna
run create "$net" --home "$a"
join "$b"
join "$c"
offer "$work/photos/note.txt"

problem "what is not there cannot be sent" 4 "there is no file" file send "$work/photos/none" --home "$a"
problem "a folder is no file" 1 "is a folder" file send "$work/photos" --network "$net" --home "$a"
problem "a verb that is none is guessed" 2 "did you mean 'wavu file accept'" file acept x --home "$a"
problem "two places at once" 2 'two different places' file send /etc/hostname --to Baraka --room plans --home "$a"
problem "too little of an id" 2 "first or last 6 digits of it or more, not by '01234'" file accept 01234 --home "$b"
problem "an offer that is none" 4 "no offer has an id" file accept 0123456789 --home "$b"

if stands "$id" "$b" offered && stands "$id" "$c" offered; then
    ok "an offer reaches the others"
else
    not_ok "an offer reaches the others" "$out$err"
fi
run file list --home "$b"
like "it is listed with size, state, giver and name" "$out" "^$id +5 B  offered +Amina +note.txt\$"
run file accept "$id" --wait --home "$b"
like "it comes" "$out" "^it is here: $b/downloads/note.txt\$"
is "as it was" "$(cat "$b/downloads/note.txt")" short
run file accept "$id" "$work/music" --home "$b"
is "and is copied to where it is wanted" "$(cat "$work/music/note.txt")" short
problem "but not over what is there" 7 "there is a file" file accept "$id" "$work/music" --home "$b"
problem "what is here cannot be cancelled" 7 "here already" file cancel "$id" --home "$b"
offer "$work/photos/note.txt"
run file accept "$id" --wait --home "$b"
like "a second one of that name gets another" "$out" "downloads/note \(2\)\.txt\$"

# The giver is stopped so that there is time to kill the fetcher amid the file.
if offer "$work/photos/trip.ogg"; then ok "a larger offer reaches the others"; else not_ok "a larger offer reaches the others" "$out$err"; fi
kill -STOP "$a_pid"
run file accept "$id" --home "$c"
like "a large one begins" "$out" "^trip.ogg, 190.7 MiB, is coming"
for _ in {1..200}; do
    kill -CONT "$a_pid"
    sleep 0.02
    kill -STOP "$a_pid"
    some_came "$id" "$c" && break
done
came=$(bytes "$id" "$c")
if [ "${came:-0}" -gt 0 ] && [ "${came:-0}" -lt 200000000 ]; then
    ok "a part of it is there"
else
    not_ok "a part of it is there" "$came bytes of 200000000"
fi
sleep 7 # what came is noted within 5 s
end "$c_pid" KILL
if [ -e "$c/downloads/trip.ogg" ]; then not_ok "a part has not its name"; else ok "a part has not its name"; fi
home=$c
up
c_pid=$pid
within 20 stands "$id" "$c" coming
is "it goes on without being asked" "$(state "$id" "$c")" coming
kill -CONT "$a_pid"
if within 60 stands "$id" "$c" here; then ok "it comes whole"; else not_ok "it comes whole" "$(state "$id" "$c")"; fi
if cmp -s "$work/photos/trip.ogg" "$c/downloads/trip.ogg"; then ok "and equal"; else not_ok "and equal"; fi
if [ -z "$(find "$c/downloads" -name '.wavu-*')" ]; then ok "nothing else stays"; else not_ok "nothing else stays"; fi

# Who has it gives it, when who offered it is gone.
end "$a_pid"
run file accept "$id" --wait --home "$b"
if [ "$rc" -eq 0 ] && cmp -s "$work/photos/trip.ogg" "$b/downloads/trip.ogg"; then
    ok "another holder gives it"
else
    not_ok "another holder gives it" "$out$err"
fi

# A changed file is not given, and who wants it is told.
home=$a
up --seed "$(sed -n 1p <<<"$addr")"
a_pid=$pid
offer "$work/photos/note.txt"
printf 'other' >"$work/photos/note.txt"
problem "a file that was changed does not come" 4 "changed, moved or withdrawn" file accept "$id" --wait --home "$c"
run file cancel "$id" --home "$c"
is "it is given up" "$rc" 0
if within 10 stands "$id" "$a" gone; then ok "its owner sees that it is gone"; else not_ok "its owner sees that it is gone" "$(state "$id" "$a")"; fi
run file send --json "$work/photos/trip.ogg" --network "$net" --home "$a"
id=$(sed -nE 's/.*"id":"([0-9a-f]+)".*/\1/p' <<<"$out")
is "an offer as JSON has its whole id" "${#id}" 64
run file cancel "$id" --home "$a"
is "an offer is withdrawn" "$rc" 0
run file list --home "$a"
if grep -q "${id:0:8}" <<<"$out"; then not_ok "and is not shown any more" "$out"; else ok "and is not shown any more"; fi
end "$a_pid"
end "$b_pid"
end "$c_pid"
plan
