#!/usr/bin/env bash
# Where things are: a person's places, the system's, a home that was named; and which setting goes before which.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_RUNTIME_DIR=$work/run
export CONFIGURATION_DIRECTORY=$work/etc/wavu
mkdir -p "$XDG_CONFIG_HOME/wavu/conf.d" "$CONFIGURATION_DIRECTORY/conf.d" "$XDG_RUNTIME_DIR"
shown() { # NAME: the line of `config show --origin`
    run config show --origin
    grep "^$1 = " <<<"$out"
}

is "a default" "$(shown min_degree)" "min_degree = 4 # default"
printf '# the admin\nmin_degree = 2\nmax_degree = 8\n' >"$CONFIGURATION_DIRECTORY/wavu.toml"
is "the system's file beats it" "$(shown min_degree)" "min_degree = 2 # $CONFIGURATION_DIRECTORY/wavu.toml:2"
printf 'min_degree = 3\n' >"$XDG_CONFIG_HOME/wavu/wavu.toml"
is "the user's file beats that" "$(shown min_degree)" "min_degree = 3 # $XDG_CONFIG_HOME/wavu/wavu.toml:1"
is "and leaves the rest" "$(shown max_degree)" "max_degree = 8 # $CONFIGURATION_DIRECTORY/wavu.toml:3"
printf 'min_degree = 5\n' >"$XDG_CONFIG_HOME/wavu/conf.d/50-more.toml"
is "conf.d goes before wavu.toml" "$(shown min_degree)" "min_degree = 5 # $XDG_CONFIG_HOME/wavu/conf.d/50-more.toml:1"
mkdir -p "$XDG_DATA_HOME/wavu"
printf 'min_degree = 6\n' >"$XDG_DATA_HOME/wavu/wavu.toml"
is "a file in the home, as of old, goes before" "$(shown min_degree)" "min_degree = 6 # $XDG_DATA_HOME/wavu/wavu.toml:1"
export WAVU_MIN_DEGREE=7
is "a variable goes before all files" "$(shown min_degree)" "min_degree = 7 # WAVU_MIN_DEGREE"
problem "and an option before it: together they make no sense" 2 'min_degree is 7 and max_degree 6' \
    up --listen 127.0.0.1:0 --max-degree 6
unset WAVU_MIN_DEGREE
run config show --origin --home "$work/named"
like "a home that was named has all in itself" "$out" '^min_degree = 4 # default$'
run config check
is "check names the files" "$out" "the settings in '$CONFIGURATION_DIRECTORY/wavu.toml' are good
the settings in '$XDG_CONFIG_HOME/wavu/wavu.toml' are good
the settings in '$XDG_CONFIG_HOME/wavu/conf.d/50-more.toml' are good
the settings in '$XDG_DATA_HOME/wavu/wavu.toml' are good"
printf 'ok\n' >"$XDG_CONFIG_HOME/wavu/conf.d/60-bad.toml"
problem "a mistake has path, line and column" 2 "conf.d/60-bad.toml:1:3: " config check
problem "with which no node starts" 2 "conf.d/60-bad.toml:1:3: " up --listen 127.0.0.1:0
rm "$XDG_CONFIG_HOME/wavu/conf.d/60-bad.toml"

# Whose word a file is: what it names runs as this user.
others="others can write '.*', from which settings are read, and so change them; take that away with: chmod go-w"
chmod 664 "$XDG_CONFIG_HOME/wavu/wavu.toml"
problem "a file that its group can write is not read" 5 "$others '.*/config/wavu/wavu.toml'" config check
problem "and no node starts with it" 5 "$others" up --listen 127.0.0.1:0
problem "nor is it written" 5 "$others" set power low
chmod 600 "$XDG_CONFIG_HOME/wavu/wavu.toml"
chmod 777 "$XDG_CONFIG_HOME/wavu/conf.d"
problem "nor one in a folder where others can put theirs" 5 "$others '.*/config/wavu/conf.d'" config check
chmod 700 "$XDG_CONFIG_HOME/wavu/conf.d"
chmod 646 "$CONFIGURATION_DIRECTORY/wavu.toml"
problem "the system's are held to it, too" 5 "$others '.*/etc/wavu/wavu.toml'" up --listen 127.0.0.1:0
chmod 644 "$CONFIGURATION_DIRECTORY/wavu.toml"
run config check
is "mended, all are read" "$rc" 0

# Changing one: in the file that a node reads.
rm "$XDG_DATA_HOME/wavu/wavu.toml"
run set power low
is "set" "$rc $out" '0 power = "low"'
is "writes into the user's file" "$(<"$XDG_CONFIG_HOME/wavu/wavu.toml")" 'min_degree = 3
power = "low"'
rm -r "$XDG_CONFIG_HOME/wavu"
run set max_degree 7
is "makes the folder, for this user alone" "$(stat -c %a "$XDG_CONFIG_HOME/wavu")" 700
is "and the file" "$(stat -c %a "$XDG_CONFIG_HOME/wavu/wavu.toml")" 600
printf '%064d\n' 7 >"$work/seed"
"$WAVU" set keypair_seed - <"$work/seed" >"$work/.out" 2>&1
is "a secret comes from the standard input" "$(<"$work/.out")" 'keypair_seed = "(set)"'
like "and is in the file" "$(<"$XDG_CONFIG_HOME/wavu/wavu.toml")" '^keypair_seed = "0{63}7"$'
chmod 644 "$XDG_CONFIG_HOME/wavu/wavu.toml"
run config check
like "a secret that others can read is warned about" "$rc $err" \
    "^0 wavu: warning: others can read the secret in '.*/wavu.toml' \(mode 644\); take that away with: chmod go-rwx '.*/wavu.toml'\$"
"$WAVU" set keypair_seed - <"$work/seed" >"$work/.out" 2>&1
is "set takes that away" "$(stat -c %a "$XDG_CONFIG_HOME/wavu/wavu.toml")" 600
run unset keypair_seed
is "unset" "$(<"$XDG_CONFIG_HOME/wavu/wavu.toml")" 'max_degree = 7'
several=(auto_accept connect_timeout gossip_interval heartbeat_interval ihave_timeout log_level max_degree max_discovery_retries
    network phi_threshold power rebalance_interval recovery_base_delay require_invitation wan_mode)
for one in "${several[@]}"; do
    value=$("$WAVU" get "$one" --home "$work/none" | sed 's/^[^=]* = //; s/"//g')
    "$WAVU" set "$one" "${value:-low}" >/dev/null &
done
wait
is "several at once lose nothing" "$(sed 's/ = .*//' "$XDG_CONFIG_HOME/wavu/wavu.toml" | sort)" "$(printf '%s\n' "${several[@]}")"
exec {held}<"$XDG_CONFIG_HOME/wavu"
flock -x "$held"
"$WAVU" set power low >/dev/null 2>&1 {held}<&- &
setter=$!
waits() { grep -qE -- "-> FLOCK .* $setter " /proc/locks; }
if within 5 waits; then ok "each waits for who changes the file"; else not_ok "each waits for who changes the file" "$(</proc/locks)"; fi
exec {held}<&-
wait "$setter"
is "and goes on behind it" "$?" 0
is "and leave nothing behind" "$(ls "$XDG_CONFIG_HOME/wavu")" wavu.toml
for one in "${several[@]}"; do run unset "$one"; done
run set max_degree 7

# The socket is in the home, and under its second name in the folder of the session.
link=$XDG_RUNTIME_DIR/wavu/control.sock
here() { # HOME_ARGS...: a node there; $pid
    : >"$work/up.out"
    "$WAVU" up --discovery-port 0 --listen 127.0.0.1:0 "$@" >"$work/up.out" 2>"$work/up.err" </dev/null &
    pid=$!
    started+=("$pid")
    within 10 has_line "$work/up.out"
}
here
first=$pid
run set power low
is "who changes a setting is told when the node takes it" "$rc $err" \
    '0 The node that runs takes it when it starts again.'
run set auto_accept 64
is "or that it is to be told" "$rc $err" '0 The node that runs takes it with: wavu reload'
run reload
like "which it then is" "$out" '^changed: .*auto_accept'
is "the link leads to the socket" "$(readlink "$link")" "$XDG_DATA_HOME/wavu/control.sock"
is "its folder is private" "$(stat -c %a "$XDG_RUNTIME_DIR/wavu")" 700
run id
mine=$out
run status --json
like "it is found" "$out" "$mine"
XDG_RUNTIME_DIR='' run status --json
like "also without the session's folder" "$out" "$mine"
run status --json --home "$XDG_DATA_HOME/wavu"
like "also by its name" "$out" "$mine"
XDG_DATA_HOME=$work/data2 here
second=$pid
is "a second home of the session leaves the link alone" "$(readlink "$link")" "$XDG_DATA_HOME/wavu/control.sock"
XDG_DATA_HOME=$work/data2 run status --json
if [ "$rc" -eq 0 ] && ! grep -q "$mine" <<<"$out"; then ok "and is asked itself"; else not_ok "and is asked itself" "$out$err"; fi
here --home "$work/named"
third=$pid
is "a home that was named has no link" "$(readlink "$link")" "$XDG_DATA_HOME/wavu/control.sock"
end "$first" KILL
problem "who was killed is not taken for another" 3 "no node runs in '$XDG_DATA_HOME/wavu'" status
end "$second"
is "another's link is not taken away" "$(readlink "$link")" "$XDG_DATA_HOME/wavu/control.sock"
here
is "it comes back to the same link" "$(readlink "$link")" "$XDG_DATA_HOME/wavu/control.sock"
end "$pid"
if [ -L "$link" ]; then not_ok "the link goes with the node"; else ok "the link goes with the node"; fi
end "$third"

# A node that a command starts in the background has the same places as the command.
cp "$XDG_CONFIG_HOME/wavu/wavu.toml" "$work/kept.toml"
printf 'discovery_port = 0\nbind_addr = "127.0.0.1:0"\n' >"$XDG_CONFIG_HOME/wavu/wavu.toml"
run create savanna
is "a node is started in the background" "$rc" 0
run status --json
is "with the user's settings" "$(grep -oE '/ip[46]/[^/]+/tcp' <<<"$out" | sort -u)" /ip4/127.0.0.1/tcp
is "and a link to its socket" "$(readlink "$link")" "$XDG_DATA_HOME/wavu/control.sock"
run down
is "which goes with it" "$rc $(readlink "$link")" "0 "
cp "$work/kept.toml" "$XDG_CONFIG_HOME/wavu/wavu.toml"

# As the system's service has it: nobody's HOME, only what systemd sets.
export STATE_DIRECTORY=$work/var/lib/wavu RUNTIME_DIRECTORY=$work/run/wavu
mkdir -p "$STATE_DIRECTORY" "$RUNTIME_DIRECTORY"
run config show --origin
like "the service reads the system's settings alone" "$out" "^min_degree = 2 # $CONFIGURATION_DIRECTORY/wavu.toml:2"
here
if [ -S "$STATE_DIRECTORY/control.sock" ] && [ -s "$STATE_DIRECTORY/device.key" ]; then
    ok "its state is in the service's folder"
else
    not_ok "its state is in the service's folder" "$(<"$work/up.err")"
fi
is "its socket is linked in the service's" "$(readlink "$RUNTIME_DIRECTORY/control.sock")" "$STATE_DIRECTORY/control.sock"
end "$pid"
unset STATE_DIRECTORY RUNTIME_DIRECTORY

# What was typed in the shell is state; of a home that was named it is in there.
typed() { # HISTORY ARGS...: a line in the shell at a terminal; what is in the file then
    local file=$1
    shift
    python3 - "$WAVU" "$@" <<'PYTHON'
import os, pty, sys
child, fd = pty.fork()
if child == 0:
    os.environ["TERM"] = "dumb"
    os.execv(sys.argv[1], [sys.argv[1], "shell", *sys.argv[2:]])
seen = b""
os.write(fd, b"status\nexit\n")
try:
    while part := os.read(fd, 4096):
        seen += part
except OSError:
    pass
os.waitpid(child, 0)
PYTHON
    cat "$file" 2>&1
}
export XDG_STATE_HOME=$work/state
if "$WAVU" help shell | grep -q 'wavu shell' && command -v python3 >/dev/null; then
    here
    like "what was typed is in the user's state" "$(typed "$work/state/wavu/shell_history")" '^status$'
    end "$pid"
    here --home "$work/named"
    like "or in the home that was named" "$(typed "$work/named/shell_history" --home "$work/named")" '^status$'
    run wipe --yes --home "$work/named"
    is "a wipe leaves nothing of that" "$rc $(ls "$work/named" 2>&1 | grep -c history)" "0 0"
else
    skip "what was typed" "this wavu has no shell, or there is no python3"
fi

# A wipe reaches this user's settings, which may hold a key, and leaves the system's alone.
run wipe --yes
is "a wipe" "$rc" 0
is "takes the user's settings along" "$(find "$XDG_CONFIG_HOME/wavu" "$XDG_DATA_HOME" -name '*.toml')" ""
is "and what was typed" "$(find "$work/state" -type f 2>/dev/null)" ""
if [ -s "$CONFIGURATION_DIRECTORY/wavu.toml" ]; then ok "and not the system's"; else not_ok "and not the system's"; fi
plan
