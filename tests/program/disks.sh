#!/usr/bin/env bash
# Disks that are full, read-only, damaged, in use or of another version: one clear sentence, and the node goes on or
# ends cleanly; what was said to be kept is there when the disk is well again.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# The real disks are a small one in memory of our own, where the system lets us have one.
if [ -z "${DISKS_INSIDE:-}" ] && unshare -rm true 2>/dev/null; then
    finish
    cd "$root" || exit 1
    DISKS_INSIDE=1 exec unshare -rm "$root/tests/program/disks.sh"
fi
home=$work/home
if [ -n "${DISKS_INSIDE:-}" ]; then
    mkdir "$home"
    mount -t tmpfs -o size=4m,mode=700 none "$home"
    trap 'umount -l "$home" 2>/dev/null; finish' EXIT
fi

start() { up_at "$home" --listen 127.0.0.1:0 "$@"; }
refused() { # NAME CODE REGEX
    problem "$1" "$2" "$3" up --listen 127.0.0.1:0 --discovery-port 0 --home "$home"
}

start
run nick Amina --home "$home"
run create savanna --home "$home"
problem "two processes on one home" 7 'a node runs in .* already' up --listen 127.0.0.1:0 --home "$home"
end "$pid"
printf 'mlima\n' >"$work/words"
mkdir "$work/good"
cp -a "$home/." "$work/good"

# again: the home as it was.
again() {
    find "$home" -mindepth 1 -delete
    cp -a "$work/good/." "$home"
}

# Full, and read-only.
if [ -n "${DISKS_INSIDE:-}" ]; then
    start
    fill() { head -c 8000000 /dev/zero >"$home/ballast" 2>/dev/null; }
    fill
    problem "what it does not take is no success" 1 'the disk does not take it now' nick Asha --home "$home"
    is_failing() { "$WAVU" status --json --home "$home" | grep -q '"disk":"failing"'; }
    if within 10 is_failing; then ok "a full disk is told of"; else not_ok "a full disk is told of" "$("$WAVU" status --home "$home")"; fi
    like "in the log, once" "$(grep -c 'the store cannot be written: the disk is full' "$work/up.err")" '^1$'
    problem "what is said then is not kept, and why is said" 1 'the disk of the node takes nothing now' say --network savanna habari --home "$home"
    run networks --home "$home"
    like "the node goes on" "$out" '^savanna'
    rm "$home/ballast"
    is_good() { "$WAVU" status --json --home "$home" | grep -q '"disk":"good"'; }
    if within 30 is_good; then ok "with room again, it is written"; else not_ok "with room again, it is written" "$(<"$work/up.err")"; fi
    end "$pid" KILL
    start
    run nick --home "$home"
    is "and is there after a kill" "$out" "Asha"
    fill
    problem "no backup on a full disk" 1 'the disk is full' backup create "$home/backup" --passphrase-file "$work/words" --home "$home"
    end "$pid"
    is "it stops cleanly on a full disk" "$rc" 0
    find "$home" -mindepth 1 ! -name ballast -delete
    fill
    refused "nothing begins on a full disk" 1 'is full; free some space'
    rm "$home/ballast"
    again
    mount -o remount,ro "$home"
    refused "a read-only home" 5 'cannot be used: Read-only file system'
    run id --home "$home"
    is "what is there can be read" "$rc" 0
    mount -o remount,rw,size=4m "$home"
else
    skip "a full disk" "the system gives no disk of our own"
    skip "a read-only disk" "the system gives no disk of our own"
fi

# flip FILE OFFSET: another byte there.
flip() {
    printf '\xa5\x5a' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Damage.
again
flip "$home/store.db" 20
refused "a damaged header" 1 'store.db. is damaged'
again
flip "$home/store.db" 5000
refused "a damaged page" 1 'store.db. is damaged'
again
truncate -s 5000 "$home/store.db"
refused "a database that was cut" 1 'store.db. is damaged'
again
: >"$home/store.db"
start
run networks --home "$home"
like "an empty file is a database whose making was cut short" "$out" '^no networks yet'
end "$pid"
again
head -c 31 "$work/good/store.key" >"$home/store.key"
refused "a key of another size" 1 'store.key. is missing or damaged'
again
head -c 32 /dev/urandom >"$home/store.key"
refused "another key" 1 'damaged, or store.key is another one'
again
rm "$home/store.key"
refused "no key" 1 'store.key. is missing or damaged'
again
head -c 32 /dev/zero >"$home/identity.key"
refused "a damaged person" 1 'identity.key., which is who you are, is damaged'
again
printf x >"$home/device.key"
refused "a damaged device" 1 'device.key. is damaged'
again
mkdir "$home/store.db-wal"
refused "a folder in the log's place" 1 'store'

# What was being written when the power went: a log without its end, and with garbage behind it.
again
start
run nick Zuri --home "$home"
end "$pid" KILL
head -c 3000 /dev/urandom >>"$home/store.db-wal"
start
run nick --home "$home"
is "garbage behind the log is none of it" "$out" "Zuri"
end "$pid"
again
head -c 9000 /dev/urandom >"$home/store.db-wal"
start
run nick --home "$home"
is "a log of garbage is no log" "$out" "Amina"
end "$pid"

# Somebody else's hold on it, and marks of what was cut off.
again
exec 9<>"$home/store.db"
flock -n 9
refused "another process has the store" 7 'another process has the store'
exec 9>&-
: >"$home/wiping"
refused "a wipe that was cut off" 1 "a wipe of .* was cut off.*wavu wipe"
rm "$home/wiping"
: >"$home/restoring"
refused "a restore that was cut off" 1 'a restore of .* was cut off'
rm "$home/restoring"
start
run networks --home "$home"
like "after all that it is as it was" "$out" '^savanna'
end "$pid"
is "and ends well" "$rc" 0
plan
