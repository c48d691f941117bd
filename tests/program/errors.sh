#!/usr/bin/env bash
# The nine errors that a person meets, by real processes: each is one sentence that says what to do next, with its exit
# code, at the command line, in the plain chat and in scripts of the shell; and nothing is lost by it. tui_errors_test.py
# has them on screens: the terminal chat, its wizard, the shell's prompt. Where else each is tested:
#
#   no network       members.sh (no local network, nobody at the address), tui_test.py (the wizard asks for an address)
#   wrong code       members.sh, tests/apps/talk, tests/apps/tui (the wizard)
#   expired code     here only: a node whose clocks run a hundred times as fast; on virtual time tests/members, tests/node
#   port taken       up.sh, doctor.sh (and by whom)
#   revoked          members.sh, several.sh; here: of three, of two
#   clock wrong      doctor.sh (behind, ahead, before the program was written), tests/node/wavu_clock_test.c (who is told)
#   disk full        disks.sh, doctor_disk.sh
#   no daemon        up.sh, chat_plain.sh (a node that dies), tui_test.py (and what was typed stays)
#   unreadable key   disks.sh (damaged), doctor.sh, vault.sh
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# chat HOME: the plain chat, which is given one line; $rc and $said, all that it says.
chat() {
    said=$(timeout -k 1 60 "$WAVU" chat --plain --home "$1" <<<"$2" 2>&1)
    rc=$?
}
in_shell() { # NAME CODE REGEX HOME LINE: the same of a line of the shell
    has_shell || return 0
    problem "in the shell: $1" "$2" "$3" shell --home "$4" -c "$5"
}
has_shell() { [ -n "$shell" ]; }
notice() { # NAME CODE REGEX HOME LINE: exactly one notice is a problem, and says that
    chat "$4" "$5"
    if [ "$rc" -eq "$2" ] && [ "$(grep -cE -- "$3" <<<"$said")" -eq 1 ]; then
        ok "$1"
    else
        not_ok "$1" "exit code $rc (expected $2); '$said' (expected /$3/ once)"
    fi
}

a=$work/amina
b=$work/baraka
home=$a
up
a_addr=$addr a_pid=$pid
home=$b
up
b_pid=$pid
run nick Amina --home "$a"
run nick Baraka --home "$b"
run create savanna --home "$a"
shell=yes
"$WAVU" shell --home "$b" -c help 2>&1 | grep -q 'built without the shell' && shell=

# No daemon.
nowhere=$work/nowhere
for words in status 'say habari' members 'history' 'dm Amina habari' 'broadcast habari' down; do
    # shellcheck disable=SC2086
    problem "no node: wavu $words" 3 "no node runs in '$nowhere'; start one with 'wavu up'" $words --home "$nowhere"
done
# invite, join, create, chat and shell have none: they start one (first.sh).

# A wrong code, at an address and where nobody is.
wrong=7-apple-river-stone
problem "a wrong code" 5 'the code is wrong, or closed already: type it again .*, or ask for a new one' join $wrong "$a_addr" --home "$b"
notice "in the chat" 5 '^-- joining failed: the code is wrong, or closed: ask for a new one$' "$b" "/join $wrong $a_addr"
in_shell "a wrong code" 5 'the code is wrong, or closed already: type it again .*, or ask for a new one' "$b" "join $wrong $a_addr"
in_shell "no local network" 4 'type an address of the inviter behind the code' "$b" "join $wrong"
in_shell "nobody at the address" 1 'nobody listens at 127.0.0.1:1' "$b" "join $wrong 127.0.0.1:1"
problem "no local network to look in" 4 'type an address of the inviter behind the code' join $wrong --home "$b"
problem "nobody at the address" 1 'nobody listens at 127.0.0.1:1' join $wrong 127.0.0.1:1 --home "$b"

# A port that is taken: at the start, and by the chat, whose line is not said and stays with who typed it.
port=$(port_of "$a_addr")
problem "a port that is taken" 7 "port $port .*is taken by another process; .*--listen" up --home "$work/second" --listen "127.0.0.1:$port"
timeout -k 1 30 "$WAVU" chat --plain --home "$work/third" --bind 127.0.0.1 --port "$port" <<<habari >"$work/.out" 2>"$work/.err"
is "the chat on it: exit code" "$?" 7
like "and sentence" "$(<"$work/.err")" "^wavu: port $port .*is taken by another process"
is "and nothing else" "$(wc -l <"$work/.err")$(<"$work/.out")" 1

if has_shell; then
    mkdir -m 700 "$work/fourth"
    printf 'bind_addr = "127.0.0.1:%s"\ndiscovery_port = 0\n' "$port" >"$work/fourth/wavu.toml"
    in_shell "a port that is taken" 7 "port $port .*is taken by another process; .*--listen" "$work/fourth" status
fi

# A key that this user may not read.
as_other=()
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    as_other=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
mkdir "$work/bin"
cp "$WAVU" "$work/bin/wavu"
chmod 711 "$work"
chmod 755 "$work/bin" "$work/bin/wavu"
k=$work/keys
home=$k
up
run create mlima --home "$k"
end "$pid"
[ ${#as_other[@]} -eq 0 ] || chown -R 65534:65534 "$k"
if [ "$(id -u)" -eq 0 ] && ! "${as_other[@]}" "$work/bin/wavu" version >/dev/null 2>&1; then
    skip "keys that cannot be read" "this is root, and nobody else can be had"
else
    its=$WAVU
    WAVU=$work/other
    printf '#!/bin/sh\nexec %s %s "$@"\n' "${as_other[*]}" "$work/bin/wavu" >"$WAVU"
    chmod 755 "$WAVU"
    for key in device identity store; do
        before=$(sha256sum <"$k/$key.key")
        chmod 000 "$k/$key.key"
        run up --listen 127.0.0.1:0 --discovery-port 0 --home "$k"
        is "$key.key cannot be read: exit code" "$rc" 5
        like "with the file and what to do" "$(tail -n 1 <<<"$err")" "^wavu: .*/$key.key'.*; make it (readable|writable)"
        problem "$key.key: one sentence for who invites" 5 "/$key.key'.*; make it (readable|writable)" invite --no-wait --home "$k"
        problem "$key.key: and for who opens the chat" 5 "/$key.key'.*; make it (readable|writable)" chat --plain --home "$k"
        in_shell "$key.key" 5 "/$key.key'.*; make it (readable|writable)" "$k" status
        chmod 600 "$k/$key.key"
        is "$key.key: it is left alone" "$(sha256sum <"$k/$key.key")" "$before"
    done
    WAVU=$its
fi

# Clocks. Nobody waits for ten minutes: the node's run a hundred times as fast.
if command -v faketime >/dev/null; then
    c=$work/chiku
    : >"$work/up.out"
    faketime -f '+0 x100' "$WAVU" up --discovery-port 0 --home "$c" --listen 127.0.0.1:0 >"$work/up.out" 2>"$work/up.err" </dev/null &
    started+=($!)
    within 10 has_line "$work/up.out"
    c_addr=$(head -n 1 "$work/up.out")
    run create ziwa --home "$c"
    open_code "$c"
    within 20 ended "$inviting"
    wait "$inviting"
    is "a code that has expired: exit code" "$?" 6
    like "and what comes next" "$(tail -n 1 "$work/invite")" "^wavu: the code has expired, and nobody has used it; 'wavu invite' makes a new one$"
    problem "who types it then" 5 'the code is wrong, or closed already: .* ask for a new one' join "$code" "$c_addr" --home "$b"
    in_shell "a code that has expired" 5 'the code is wrong, or closed already: .* ask for a new one' "$b" "join $code $c_addr"
    mkfifo "$work/c.in"
    "$WAVU" chat --plain --home "$c" <"$work/c.in" >"$work/c.out" 2>&1 &
    started+=($!)
    exec {to}>"$work/c.in"
    echo /invite >&"$to"
    if within 20 grep -qx -- '-- the code has expired; /invite opens another one' "$work/c.out"; then
        ok "the chat says so, too"
    else
        not_ok "the chat says so, too" "$(<"$work/c.out")"
    fi
    exec {to}>&-
    run down --home "$c" # faketime is its parent, and passes no signals on
    is "that node ends when it is told to" "$rc" 0

    # A day ahead: no verdict is made by the clock, and who asks why times look odd is told.
    d=$work/dunia
    : >"$work/up.out"
    FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f +1d "$WAVU" up --discovery-port 0 --home "$d" --listen 127.0.0.1:0 \
        >"$work/up.out" 2>"$work/up.err" </dev/null &
    started+=($!)
    within 10 has_line "$work/up.out"
    open_code "$a"
    run join "$code" "$a_addr" --home "$d"
    is "a clock that is a day ahead keeps nobody out" "$rc" 0
    hears() { "$WAVU" say "$3" --home "$1" >/dev/null 2>&1 && "$WAVU" history --home "$2" | grep -qF "$3"; }
    if within 30 hears "$d" "$a" kesho; then ok "what it says is heard"; else not_ok "what it says is heard"; fi
    if within 30 hears "$a" "$d" leo; then ok "and what is said to it"; else not_ok "and what is said to it"; fi
    its_clock="this machine's clock is 1 d 0 h ahead of that of the (others|one member) here.*: set it, or let the system keep it"
    told_of() { "$WAVU" status --home "$d" | tr -s ' \n' ' ' | grep -qE "clock $its_clock"; }
    if within 20 told_of; then ok "status tells it, and what to do"; else not_ok "status tells it, and what to do" "$("$WAVU" status --home "$d")"; fi
    chat "$d" '/status'
    is "so does the plain chat, by itself and when it is asked" "$(grep -cE "^-- $its_clock" <<<"$said")" 2
    run shell --home "$d" -c status
    like "and the shell" "$(tr -s ' \n' ' ' <<<"$out")" "clock $its_clock"
    "$WAVU" events --all --no-follow --home "$d" >"$work/events"
    is "programs get one event" "$(grep -c '"event":"clock"' "$work/events")" 1
    wrong_clock() { FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f +1d "$WAVU" doctor --home "$d" >"$work/doctor"; grep -q '^warn  clock' "$work/doctor"; }
    if within 20 wrong_clock; then ok "the doctor finds it"; else not_ok "the doctor finds it" "$(<"$work/doctor")"; fi
    like "and says what to do" "$(grep -A4 '^warn  clock' "$work/doctor" | tr -s ' \n' ' ')" 'set the clock, or let the system keep it'
else
    skip "a code that has expired, a clock that is a day ahead" "faketime is not here"
fi

# Put out, with a third member there, which passes it on: what was said stays to be read, and what is typed is not said in silence.
home=$work/furaha
up
comes() { open_code "$a"; run join "$code" "$a_addr" --home "$1"; [ "$rc" -ne 1 ]; } # 1: too many tries came from here lately
within 60 comes "$home"
is "a third member is in" "$rc" 0
within 60 comes "$b"
is "somebody is in" "$rc" 0
both() { "$WAVU" say habari --home "$b" >/dev/null 2>&1 && "$WAVU" history --home "$a" | grep -q habari; }
if within 30 both; then ok "and is heard"; else not_ok "and is heard"; fi
mkfifo "$work/b.in"
"$WAVU" chat --plain --home "$b" <"$work/b.in" >"$work/b.out" 2>&1 &
started+=($!)
exec {to}>"$work/b.in"
echo 'niko hapa' >&"$to"
is_open() { "$WAVU" history --home "$a" | grep -q 'niko hapa'; }
if within 20 is_open; then ok "a chat is open there"; else not_ok "a chat is open there"; fi
run revoke Baraka --yes --home "$a"
is "and is put out" "$rc" 0
if within 20 grep -q 'you do not belong to savanna any more; what was said there can still be read; /join CODE' "$work/b.out"; then
    ok "an open chat is told, and what is left to do"
else
    not_ok "an open chat is told, and what is left to do" "$(<"$work/b.out")"
fi
echo 'bado nipo' >&"$to"
if within 20 grep -qE '^-- (not said|there is nobody)' "$work/b.out"; then ok "a line is not said in silence"; else not_ok "a line is not said in silence" "$(<"$work/b.out")"; fi
is "it is told once" "$(grep -c 'do not belong' "$work/b.out")" 1
exec {to}>&-
in_shell "put out" 5 "put out there.*'wavu networks' tells" "$b" "say 'bado nipo' --network savanna"
problem "nor by a command" 5 "put out there.*'wavu networks' tells" say 'bado nipo' --network savanna --home "$b"
run history --network savanna --home "$b"
like "what was said can be read" "$out" habari
within 60 comes "$b"
is "who was put out and comes again: exit code" "$rc" 5
like "and what to do" "$err" "^wavu: this device was put out of that network.*begin a new home with 'wavu up --home DIR'"

# Put out of two: nobody else is there who could bring it the revocation. It is told what the others say, and not more.
e=$work/eshe
f=$work/faraji
home=$e
up
e_addr=$addr e_pid=$pid
home=$f
up
f_pid=$pid
run nick Eshe --home "$e"
run nick Faraji --home "$f"
run create kisiwa --home "$e"
open_code "$e"
run join "$code" "$e_addr" --home "$f"
is "of two the second is in" "$rc" 0
pair() { "$WAVU" say habari --home "$f" >/dev/null 2>&1 && "$WAVU" history --home "$e" | grep -q habari; }
if within 30 pair; then ok "and is heard there"; else not_ok "and is heard there"; fi
mkfifo "$work/f.in"
"$WAVU" chat --plain --home "$f" <"$work/f.in" >"$work/f.out" 2>&1 &
started+=($!)
exec {to}>"$work/f.in"
echo 'niko hapa' >&"$to"
is_there() { "$WAVU" history --home "$e" | grep -q 'niko hapa'; }
if within 20 is_there; then ok "a chat is open there, too"; else not_ok "a chat is open there, too"; fi
run revoke Faraji --yes --home "$e"
out_there='the others say that you are not in kisiwa any more, and do not hear you: ask one of them'
if within 20 grep -qx -- "-- $out_there" "$work/f.out"; then
    ok "an open chat is told what the others say"
else
    not_ok "an open chat is told what the others say" "$(<"$work/f.out")"
fi
echo /status >&"$to"
told_again() { [ "$(grep -cx -- "-- $out_there" "$work/f.out")" -eq 2 ]; }
if within 20 told_again; then ok "and /status says it again"; else not_ok "and /status says it again" "$(<"$work/f.out")"; fi
exec {to}>&-
run say 'bado nipo' --home "$f"
is "what is said is kept" "$rc" 0
is "and a warning says that nobody hears it" "$err" "wavu: warning: $out_there"
run dm Eshe 'bado nipo' --home "$f"
is "to one person, too" "$rc/$err" "0/wavu: warning: $out_there"
run networks --home "$f"
like "networks shows it" "$out" '^kisiwa .*  the others say that you are out$'
run status --home "$f"
like "and status, with what to do" "$(tail -n 2 <<<"$out" | tr -s ' \n' ' ')" "^out $out_there ?$"
like "and the shell" "$("$WAVU" shell --home "$f" <<<'status' 2>&1 | tr -s ' \n' ' ')" "$out_there"
run networks --json --home "$e"
like "who put it out is told nothing of it" "$out" '"isDenied":false'
end "$f_pid"
home=$f
up
f_pid=$pid
run networks --json --home "$f"
like "it is known after a restart" "$out" '"isMember":true.*"isDenied":true'
open_code "$e"
run join "$code" "$e_addr" --home "$f"
like "who comes again hears what to do" "$rc $err" "^5 wavu: this device was put out of that network.*begin a new home with 'wavu up --home DIR'"
kill "$e_pid" "$f_pid"

# A full disk: disks.sh has the commands; here is what is typed into a chat.
if [ "$(id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=4m,mode=700 none "$work/small" 2>/dev/null; then
    unmount() { umount -l "$work/small" 2>/dev/null; finish; }
    trap unmount EXIT
    home=$work/small
    up
    run create bahari --home "$home"
    said_first() { "$WAVU" say habari --home "$home"; }
    within 30 said_first
    head -c 8000000 /dev/zero >"$home/ballast" 2>/dev/null
    notice "a full disk, in the chat" 1 '^-- said, but the disk does not take it now .*: make room; .*lost if the node ends' "$home" 'maji'
    in_shell "a full disk" 1 'the disk does not take it now .*: make room; .*lost if the node ends' "$home" 'say maji'
    rm "$home/ballast"
    said_now() { "$WAVU" say asante --home "$home"; }
    if within 30 said_now; then ok "with room again it is said"; else not_ok "with room again it is said"; fi
    run history --home "$home"
    is "and what was said before, once each" "$(grep -c 'you: maji$' <<<"$out")" "$([ -n "$shell" ] && echo 2 || echo 1)"
    end "$pid"
else
    skip "a full disk in the chat" "this user may not mount one"
fi
kill "$a_pid" "$b_pid"
[ ! -d "$work/dunia" ] || run down --home "$work/dunia"
plan
