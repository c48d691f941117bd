#!/usr/bin/env bash
# What protects a home and brings it back: passphrases, locking, backups, the wipe.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/amina
b=$work/baraka
c=$work/again
file=$work/amina.backup
printf 'mlima wa bahari\n' >words
printf 'mlima wa ziwa\n' >wrong
printf 'kisima\r\nand what else is in the file\n' >lock

# How often a passphrase lies in the memory of a process; "?" where that may not be read.
in_memory() {
    python3 - "$1" "$2" <<'SCAN'
import re, sys
pid, word = sys.argv[1], sys.argv[2].encode()
count = 0
try:
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if m is None or int(m[2], 16) - int(m[1], 16) > 1 << 30:
                continue
            at, end, before = int(m[1], 16), int(m[2], 16), b""
            while at < end:
                try:
                    mem.seek(at)
                    part = mem.read(min(1 << 20, end - at))
                except (OSError, ValueError, OverflowError):
                    break
                if not part:
                    break
                count += (before + part).count(word)
                before = part[-len(word) + 1:]
                at += len(part)
except OSError:
    print("?")
    sys.exit()
print(count)
SCAN
}

members() { "$WAVU" networks --json --home "$1" 2>/dev/null | sed -nE 's/.*"members":([0-9]+).*/\1/p'; }
all_see() {
    local count=$1 one
    shift
    for one in "$@"; do
        [ "$(members "$one")" = "$count" ] || return 1
    done
}
devices() { "$WAVU" members --json --home "$1" 2>/dev/null | grep -o '"devices":2' | wc -l; }
has_two() { [ "$(devices "$1")" = 1 ]; }

home=$b
up
b_addr=$addr
b_pid=$pid
home=$a
up
a_pid=$pid
run nick Amina --home "$a"
problem "a backup needs somebody" 4 'nothing to back up yet' backup create "$file" --passphrase-file words --home "$a"
run nick Baraka --home "$b"
run create savanna --home "$b"
open_code "$b"
run join "$code" "$b_addr" --home "$a"
is "two are in a network" "$rc" 0
within 20 all_see 2 "$a" "$b"

# Backups.
problem "a passphrase has to come from somewhere" 2 'no terminal.*--passphrase-file, or - to have a line of stdin read' backup create "$file" --home "$a"
problem "create, verify or restore" 2 'not .make' backup make "$file" --home "$a"
problem "a folder has to be there" 4 'no folder' backup create "$work/none/x" --passphrase-file words --home "$a"
run backup create amina.backup --passphrase-file words --home "$a"
is "a backup is made" "$rc" 0
left=$(in_memory "$a_pid" 'mlima wa bahari')
case $left in
0 | '?') ok "its passphrase lies nowhere in the node then" ;;
*) not_ok "its passphrase lies nowhere in the node then" "$left times" ;;
esac
like "and said to be whole" "$out" '^the backup is whole and on the disk: 1 network, [0-9]+ messages?, [0-9.]+ [KM]iB$'
is "it is for its owner alone" "$(stat -c %a "$file")" 600
is "nothing lies beside it" "$(ls "$work" | grep -c backup)" 1
problem "it is not written over" 7 'no backup is written over' backup create "$file" --passphrase-file words --home "$a"
run backup verify "$file" --passphrase-file words --json
like "verified without a node, as JSON" "$out" '^\{"bytes":[0-9]+,"networks":1,"messages":[0-9]+\}$'
problem "a wrong passphrase" 5 'passphrase is wrong' backup verify "$file" --passphrase-file wrong
problem "no file" 4 'there is no file' backup verify "$work/none" --passphrase-file words
problem "no passphrase in a file" 2 'no passphrase in' backup verify "$file" --passphrase-file /dev/null
run backup verify "$file" --passphrase-file 3 3<words
is "a passphrase by a descriptor" "$rc" 0
mkfifo pipe
exec 4<>pipe # open for writing still, so it has no end
cat words >&4
timeout 20 "$WAVU" backup verify "$file" --passphrase-file - >"$work/.out" 2>"$work/.err" <&4
is "a passphrase by a pipe, up to its newline" "$? $(<"$work/.err")" "0 "
exec 4>&-
problem "a pipe without one" 2 "no passphrase in '-'" backup verify "$file" --passphrase-file -
timeout 20 "$WAVU" backup verify "$file" >"$work/.out" 2>"$work/.err" <&-
is "a closed stdin: exit code" $? 2
like "a closed stdin: what to do" "$(<"$work/.err")" 'no terminal.*--passphrase-file, or -'
head -c 1000 "$file" >cut
problem "a backup that was cut off" 1 'damaged or cut off' backup verify cut --passphrase-file words
sed 's/wavu backup/wavu backed/' "$file" >other
problem "a file that is none" 1 'no backup' backup verify other --passphrase-file words
problem "nothing is restored over a home" 7 'nothing is restored over' backup restore "$file" --passphrase-file words --home "$a"
problem "a damaged one restores nothing" 1 'nothing of it was restored' backup restore cut --passphrase-file words --home "$c"
is "the home stays empty" "$(ls -A "$c" | wc -l)" 0

# The machine is lost; another takes the backup.
old=$("$WAVU" id --home "$a" | head -n 1)
person=$("$WAVU" id --home "$a" | grep ^person)
end "$a_pid" KILL
run backup restore "$file" --passphrase-file words --home "$c"
is "it is restored" "$rc" 0
like "as a new device" "$out" 'new device of the same person'
home=$c
up --seed "$b_addr"
is "the same person" "$("$WAVU" id --home "$c" | grep ^person)" "$person"
if [ "$("$WAVU" id --home "$c" | head -n 1)" != "$old" ]; then ok "another device"; else not_ok "another device"; fi
run nick --home "$c"
is "by the old name" "$out" "Amina"
if within 20 has_two "$b"; then ok "the others know the new device"; else not_ok "the others know the new device" "$("$WAVU" members --home "$b" --json)"; fi
neighbours() { "$WAVU" networks --json --home "$1" | grep -q '"neighbours":1'; }
if within 20 neighbours "$c"; then ok "and it is their neighbour"; else not_ok "and it is their neighbour"; fi
is "no member more" "$(members "$b")" 2

# The passphrase of a home.
problem "set or remove" 2 'not .change' passphrase change --home "$b"
problem "none to remove" 4 'has no passphrase' passphrase remove --home "$b"
problem "no lock without one" 1 'only a node that was started with a passphrase' lock --home "$b"
run passphrase set --new-passphrase-file lock --home "$b"
is "it is set beside the running node" "$rc" 0
is "the keys beside the store are under it" "$(stat -c %s "$b/device.key") $(stat -c %s "$b/identity.key")" "86 86"
is "for their owner alone" "$(stat -c %a "$b/device.key") $(stat -c %a "$b/identity.key")" "600 600"
problem "so id wants it" 2 'no terminal' id --home "$b"
run id --passphrase-file lock --home "$b"
like "and gets it" "$out" '^person [0-9a-f]{64}$'
end "$b_pid"
problem "auto_lock needs one" 2 'auto_lock needs a home with a passphrase' up --listen 127.0.0.1:0 --discovery-port 0 --auto-lock 5 --home "$work/bare"
printf 'kisima' >right
problem "a wrong one at the start" 5 'passphrase is wrong' up --listen 127.0.0.1:0 --discovery-port 0 --passphrase-file wrong --home "$b"
up_at "$b" --listen 127.0.0.1:0 --passphrase-file right
b_pid=$pid
if all_see 2 "$b"; then ok "with the right one it starts"; else not_ok "with the right one it starts" "$(<up.err)"; fi
left=$(in_memory "$b_pid" kisima)
case $left in
0 | '?') ok "which lies nowhere in it" ;;
*) not_ok "which lies nowhere in it" "$left times" ;;
esac
end "$b_pid"

# Without anybody to ask it waits.
"$WAVU" up --discovery-port 0 --home "$b" --listen 127.0.0.1:0 >up.out 2>up.err </dev/null &
b_pid=$!
started+=("$b_pid")
if within 10 grep -q 'wavu is locked' up.err; then ok "without one it waits, locked"; else not_ok "without one it waits, locked" "$(<up.err)"; fi
problem "and serves nothing" 5 'is locked; .wavu unlock' members --home "$b"
problem "a wrong passphrase does not unlock" 5 'passphrase is wrong' unlock --passphrase-file wrong --home "$b"
run unlock --passphrase-file lock --home "$b"
is "the right one does" "$rc" 0
left=$(in_memory "$b_pid" kisima)
case $left in
0 | '?') ok "and lies nowhere in the node then" ;;
*) not_ok "and lies nowhere in the node then" "$left times" ;;
esac
is "then it serves" "$(members "$b")" 2
problem "what is open is not unlocked" 7 'not locked' unlock --passphrase-file lock --home "$b"
problem "and no passphrase is asked for" 7 'not locked' unlock --home "$b"
run lock --home "$b"
is "it locks when told" "$rc" 0
problem "and serves nothing any more" 5 'is locked' status --home "$b"
run unlock --passphrase-file lock --home "$b"
is "and comes back" "$rc" 0
problem "the old one is wanted to remove it" 5 'passphrase is wrong' passphrase remove --passphrase-file wrong --home "$b"
run passphrase remove --passphrase-file lock --home "$b"
is "it is removed" "$rc" 0
is "the keys are bare again" "$(stat -c %s "$b/device.key") $(stat -c %s "$b/identity.key")" "32 32"
end "$b_pid"
is "a locked and unlocked node ends well" "$rc" 0

# The wipe.
problem "nobody to ask" 2 'no terminal to ask at; --yes does it without asking' wipe --home "$c"
problem "no home" 4 'there is no home' wipe --yes --home "$work/nowhere"
printf 'power = "low"\n' >"$c/wavu.toml"
mkdir "$c/downloads"
printf 'la la\n' >"$c/downloads/song"
run wipe --yes --home "$c"
is "a running node's home is wiped" "$rc" 0
like "and what that means is said" "$out" 'flash disk'
if within 3 ended "$pid"; then ok "its node is gone"; else not_ok "its node is gone"; fi
if [ -e "$c" ]; then not_ok "nothing is left" "$(ls -AR "$c")"; else ok "nothing is left"; fi
mkdir "$b/mine"
ln -s nowhere "$b/wavu.toml"
problem "settings that cannot be overwritten are not passed over" 5 'could not be overwritten' wipe --yes --home "$b"
rm "$b/wavu.toml"
run wipe --yes --home "$b"
is "what is somebody else's stays" "$(ls -A "$b")" "mine"
plan
