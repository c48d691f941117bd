#!/usr/bin/env bash
# wavu doctor on a disk that is full, or can only be read.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# A small disk of our own, where the system lets us have one.
if [ -z "${DISKS_INSIDE:-}" ] && unshare -rm true 2>/dev/null; then
    finish
    cd "$root" || exit 1
    DISKS_INSIDE=1 exec unshare -rm "$root/tests/program/doctor_disk.sh"
fi

# shellcheck source=doctor.bash
. "$root/tests/program/doctor.bash"
export WAVU_BIND_ADDR=127.0.0.1:0 WAVU_DISCOVERY_PORT=0 # whoever else has the usual ports meanwhile

b=$work/baraka
home=$b
up
end "$pid"
small=$work/small
if [ -n "${DISKS_INSIDE:-}" ]; then
    mkdir "$small"
    mount -t tmpfs -o size=1m,mode=700 none "$small"
    trap 'umount -l "$small" 2>/dev/null; finish' EXIT
    cp -a "$b/." "$small"
    dd if=/dev/zero of="$small/filler" bs=4k 2>/dev/null
    doctor "$small"
    finds "a full disk" 1 disk '^fail disk the disk of the home is full.* -> free some space'
    rm "$small/filler"
    doctor "$small"
    finds "one that is nearly full" 1 disk '^fail disk only .* are free'
    mount -o remount,ro "$small"
    doctor "$small"
    finds "one that can only be read" 1 disk '^fail disk the disk of the home can only be read -> mount it'
else
    skip "a full disk" "no disk of our own can be had here"
fi
plan
