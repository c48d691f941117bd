#!/usr/bin/env bash
# What a real node knows survives its restart: two that were told of each other once find each other again without
# seed and discovery, after a stop in good order and after kill -9; and a home that is not as it should be is explained.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# counter NAME HOME: a counter of the node's.
counter() {
    python3 - "$2/control.sock" "$1" 2>/dev/null <<'PYTHON'
import json
import socket
import sys

s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
s.connect(sys.argv[1])
s.sendall(b'{"jsonrpc":"2.0","method":"node.metrics","id":1}\n')
print(json.loads(s.makefile().readline())["result"]["counters"][sys.argv[2]])
PYTHON
}

# neighbours HOME...: each of them has a neighbour.
neighbours() {
    local one
    for one in "$@"; do
        [ "$("$WAVU" status --json --home "$one" 2>/dev/null | sed -n 's/.*"neighbours":\([0-9]*\).*/\1/p')" -gt 0 ] 2>/dev/null || return 1
    done
}

# committed COUNT HOME: so many commits are on its disk.
committed() { [ "$(counter keep_commits_total "$2")" -ge "$1" ] 2>/dev/null; }

a=$work/a
b=$work/b
up_at "$a" --listen 127.0.0.1:0
pid_a=$pid
addr_a=$addr
up_at "$b" --listen 127.0.0.1:0 --seed "$addr_a"
pid_b=$pid
addr_b=$addr
if within 20 neighbours "$a" "$b"; then ok "told one seed, two nodes meet"; else not_ok "told one seed, two nodes meet"; fi
is "the store is for its user alone" "$(stat -c '%a %s' "$a/store.key") $(stat -c %a "$a/store.db")" "600 32 600"

# again NAME: start both where they were, told nothing, and see them meet.
again() {
    up_at "$a" --listen "127.0.0.1:$(port_of "$addr_a")"
    pid_a=$pid
    up_at "$b" --listen "127.0.0.1:$(port_of "$addr_b")"
    pid_b=$pid
    if within 20 neighbours "$a" "$b"; then ok "$1"; else not_ok "$1" "$(<"$work/up.err")"; fi
}

end "$pid_b"
is "a node that keeps its mesh stops in time" "$rc" 0
end "$pid_a"
is "so does the other" "$rc" 0
is "what is folded in leaves no log behind" "$(ls "$a")" "device.key
store.db
store.key"
again "stopped and started, they meet without seed and discovery"

# The counter counts commits made while it runs: the first holds what the node has learned since its start.
if within 20 committed 1 "$a" && within 20 committed 1 "$b"; then
    ok "what is new is on the disk within seconds"
else
    not_ok "what is new is on the disk within seconds" "$(counter keep_commits_total "$a") $(counter keep_commits_total "$b")"
fi
{ kill -KILL "$pid_a" "$pid_b" && wait "$pid_a" "$pid_b"; } 2>/dev/null # bash would announce it
again "killed with -9 and started, they meet without seed and discovery"

# A fresh mesh that is killed right after its first commit.
a=$work/c
b=$work/d
up_at "$a" --listen 127.0.0.1:0
pid_c=$pid
addr_a=$addr
up_at "$b" --listen 127.0.0.1:0 --seed "$addr_a"
addr_b=$addr
if within 20 neighbours "$a" "$b" && within 20 committed 1 "$a" && within 20 committed 1 "$b"; then
    ok "two more nodes meet"
else
    not_ok "two more nodes meet"
fi
{ kill -KILL "$pid_c" "$pid" && wait "$pid_c" "$pid"; } 2>/dev/null
again "killed with -9 in their first life, they meet in the second"
end "$pid_a"
end "$pid_b"

# Homes that are not as they should be: one sentence, and nothing is changed.
sum() { sha256sum "$a"/store.*; }
head -c 32 /dev/urandom >"$work/other.key"
cp "$a/store.key" "$work/good.key"
cp "$work/other.key" "$a/store.key"
before=$(sum)
problem "another key does not open the store" 1 "store.db' is damaged, or store.key is another one's" up --home "$a" --discovery-port 0 --listen 127.0.0.1:0
is "and nothing of it is lost" "$(sum)" "$before"
rm "$a/store.key"
problem "a store without its key is explained" 1 "store.key' is missing" up --home "$a" --discovery-port 0 --listen 127.0.0.1:0
is "and no new key is made" "$(ls "$a")" "device.key
store.db"
cp "$work/good.key" "$a/store.key"
exec 9<>"$a/store.db"
flock -x 9
problem "a store that another process has is explained" 7 "another process has the store" up --home "$a" --discovery-port 0 --listen 127.0.0.1:0
exec 9>&-
printf 'damaged' | dd of="$a/store.db" bs=1 seek=100 conv=notrunc 2>/dev/null
before=$(sum)
problem "a damaged store is explained" 1 "store.db' is damaged" up --home "$a" --discovery-port 0 --listen 127.0.0.1:0
is "and left as it is" "$(sum)" "$before"
mkdir "$work/old"
mv "$a"/store.* "$work/old"
up_at "$a" --listen 127.0.0.1:0
like "moved away, the node begins with an empty store" "$addr" "^/ip4/127.0.0.1/tcp/"
end "$pid"
plan
