#!/usr/bin/env bash
# Homes and key files that are not as they should be: one sentence, the right exit code, and nothing is replaced.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# both NAME CODE REGEX HOME: `wavu id` and `wavu up` say it alike.
both() {
    problem "$1: id" "$2" "$3" id --home "$4"
    problem "$1: up" "$2" "$3" up --home "$4" --listen 127.0.0.1:0
}

run id --home "$work/a"
like "id makes the key" "$out" '^12D3KooW'
is "and its home" "$(stat -c %a "$work/a")" 700
first=$out
run id --home "$work/a"
is "and finds it again" "$out" "$first"
run id --home "$work/b"
if [ "$out" != "$first" ]; then ok "another home, another id"; else not_ok "another home, another id"; fi
run id --home "$work/deep/er/home"
is "folders above are made" "$rc" 0
XDG_DATA_HOME=$work/xdg run id
if [ -s "$work/xdg/wavu/device.key" ]; then ok "XDG_DATA_HOME"; else not_ok "XDG_DATA_HOME" "$err"; fi
run id
if [ -s "$HOME/.local/share/wavu/device.key" ]; then ok "HOME"; else not_ok "HOME" "$err"; fi
WAVU_HOME=$work/c XDG_DATA_HOME=$work/xdg2 run id
if [ -s "$work/c/device.key" ] && ! [ -e "$work/xdg2" ]; then ok "WAVU_HOME goes before"; else not_ok "WAVU_HOME goes before"; fi
HOME='' run id
is "no HOME at all: exit code" "$rc" 1
like "no HOME at all" "$err" '^wavu: HOME is not set.*--home$'

# Damaged keys are left as they are.
damaged() { # NAME REGEX, with $work/k/device.key made by the caller
    local before after
    before=$(stat -c '%i %s %Y %F' "$work/k/device.key")
    both "$1" 1 "$2" "$work/k"
    after=$(stat -c '%i %s %Y %F' "$work/k/device.key")
    is "$1: left as it was" "$after" "$before"
    rm -rf "$work/k"
}
mkdir "$work/k" && : >"$work/k/device.key"
damaged "an empty key" 'damaged: it has to be 32 bytes long and is 0; restore'
mkdir "$work/k" && head -c 31 "$work/a/device.key" >"$work/k/device.key"
damaged "a key cut short" 'is 31; restore it from a backup'
mkdir "$work/k" && cat "$work/a/device.key" <(printf '\n') >"$work/k/device.key"
damaged "a key with a newline" 'is 33; restore'
mkdir "$work/k" && head -c 10000000 /dev/zero >"$work/k/device.key"
damaged "an oversized key" 'is 10000000; restore'
mkdir -p "$work/k/device.key"
damaged "a folder for a key" 'is a folder; put the key file itself there'
mkdir "$work/k" && mkfifo "$work/k/device.key"
damaged "a pipe for a key" 'is not a regular file'
mkdir "$work/k" && ln -s "$work/a/device.key" "$work/k/device.key"
damaged "a symbolic link for a key" 'is a symbolic link'
mkdir "$work/k" && ln -s "$work/nothing" "$work/k/device.key"
damaged "a symbolic link to nothing" 'is a symbolic link'

# Homes that cannot be.
: >"$work/file"
both "a file for a home" 1 'cannot be used: Not a directory; name another' "$work/file"
both "a home below a file" 1 'cannot be used: Not a directory' "$work/file/home"
both "a home below /proc" 1 "the home '/proc/wavu' cannot be used: .+; name another folder with --home" /proc/wavu
long=$(printf 'x%.0s' {1..120})
problem "a home whose socket's path is too long: up" 1 'too long for a socket, which takes 107 bytes' \
    up --home "$work/$long" --listen 127.0.0.1:0
problem "a home whose socket's path is too long: status" 1 'too long for a socket' status --home "$work/$long"
problem "a home longer than any path" 1 'longer than|too long' id --home "$(printf '/x%.0s' {1..700})"
mkdir "$work/s" && : >"$work/s/control.sock"
problem "a file in the socket's place" 1 'is no socket and is left alone' up --home "$work/s" --listen 127.0.0.1:0
if [ -f "$work/s/control.sock" ]; then ok "it is left alone"; else not_ok "it is left alone"; fi

# What permissions forbid. Root may do all of it, so it is asked as somebody else.
as_other=()
if [ "$(id -u)" -eq 0 ]; then
    if command -v setpriv >/dev/null; then
        as_other=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    fi
fi
if [ "$(id -u)" -ne 0 ] || [ ${#as_other[@]} -gt 0 ]; then
    open=$(mktemp -d)
    chmod 755 "$open"
    cp "$WAVU" "$open/wavu"
    keep=$WAVU
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${as_other[*]}" "$open/wavu" >"$work/other"
    chmod +x "$work/other"
    WAVU=$work/other
    mkdir "$open/locked" "$open/mine"
    [ ${#as_other[@]} -eq 0 ] || chown 65534 "$open/mine"
    chmod 555 "$open/locked"
    problem "a home that may not be written: id" 5 'cannot be made: .*; make the folder writable' id --home "$open/locked"
    problem "a home that may not be written: up" 5 'cannot be used: Permission denied' \
        up --home "$open/locked" --listen 127.0.0.1:0
    both "a home in a folder that may not be written" 5 'cannot be used: Permission denied' "$open/locked/home"
    head -c 32 /dev/urandom >"$open/mine/device.key"
    chmod 000 "$open/mine/device.key"
    both "a key that may not be read" 5 'cannot be read: .*; make it readable' "$open/mine"
    is "it is left alone" "$(stat -c '%a %s' "$open/mine/device.key")" "0 32"
    problem "a pre-shared key that may not be read" 5 'cannot be read: Permission denied' \
        ping 127.0.0.1:1 --psk "$open/mine/device.key"
    WAVU=$keep
    chmod -R u+rwx "$open"
    rm -rf "$open"
else
    skip "what permissions forbid" "this is root, and there is no setpriv to become somebody else"
fi
plan
