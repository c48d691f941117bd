#!/usr/bin/env bash
# A node as a service of the system: its units, its places, its end. What it tells the service manager is in notify_test.py.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# The units.
if command -v systemd-analyze >/dev/null; then
    exposed() { # UNIT TENTHS
        systemd-analyze security --offline=true --threshold="$2" "$root/dist/systemd/$1" 2>&1
    }
    if exposure=$(exposed wavu.service 20); then
        ok "the system's unit is exposed 2.0 at most"
    else
        not_ok "the system's unit is exposed 2.0 at most" "$(tail -n 1 <<<"$exposure")"
    fi
    # A user's manager may close off less: no namespaces, no devices, no other user.
    if exposure=$(exposed user/wavu.service 62); then
        ok "a user's unit 6.2 at most"
    else
        not_ok "a user's unit 6.2 at most" "$(tail -n 1 <<<"$exposure")"
    fi
    # As installed: with a program that is there.
    mkdir -p "$work/units/user"
    for unit in wavu.service user/wavu.service; do
        sed "s#/usr/bin/wavu#$WAVU#" "$root/dist/systemd/$unit" >"$work/units/$unit"
        is "$unit has nothing that systemd does not know" \
            "$(systemd-analyze verify --man=no "$work/units/$unit" 2>&1 | grep -F "wavu.service:")" ""
    done
else
    skip "the system's unit is exposed 2.0 at most" "systemd-analyze is not installed"
fi
# What the program can is asked for: it says when it is ready, gives signs of life, and reads its settings again.
for unit in wavu.service user/wavu.service; do
    for line in 'Type=notify' 'WatchdogSec=[1-9][0-9]*s' 'ExecStart=/usr/bin/wavu up' 'ExecReload=/usr/bin/wavu reload' \
        'RestartPreventExitStatus=2'; do
        like "$unit: $line" "$(<"$root/dist/systemd/$unit")" "^$line$"
    done
done

# The places that systemd names: state, socket, settings (tests/apps/settings/places_test.c has the rest of them).
mkdir -p "$work/state/wavu" "$work/run/wavu" "$work/etc/wavu"
chmod 700 "$work/state/wavu" "$work/run/wavu"
echo 'network = "of-the-service"' >"$work/etc/wavu/wavu.toml"
export STATE_DIRECTORY=$work/state/wavu RUNTIME_DIRECTORY=$work/run/wavu CONFIGURATION_DIRECTORY=$work/etc/wavu
: >"$work/up.out"
"$WAVU" up --discovery-port 0 --listen 127.0.0.1:0 >"$work/up.out" 2>"$work/up.err" </dev/null &
pid=$!
started+=("$pid")
within 10 has_line "$work/up.out"
is "a service's socket is found in the runtime directory" "$(stat -L -c %F "$work/run/wavu/control.sock")" socket
run status
like "and the node has read the system's settings" "$out" 'of-the-service'
run down
is "down ends it: exit code" "$rc" 0
is "and says so" "$out" "the node has ended"
if ended "$pid"; then ok "it has ended"; else not_ok "it has ended"; fi
problem "where no node runs" 3 "no node runs in '$work/state/wavu'; start one with 'wavu up'" down
unset STATE_DIRECTORY RUNTIME_DIRECTORY CONFIGURATION_DIRECTORY

# A state directory that is a symbolic link, as DynamicUser= makes it.
mkdir -m 700 "$work/private"
ln -s private "$work/link"
up_at "$work/link" --listen 127.0.0.1:0
run status --home "$work/link"
is "a home behind a symbolic link is one" "$rc" 0
run down --home "$work/link" --json
is "down --json" "$out" '{"isDown":true}'

# A mesh that is tuned while it runs: a seed comes, and what is asked for is there.
home=$work/first up
first=$addr
first_pid=$pid
home=$work/second up
printf 'seed_peers = ["%s"]\nphi_threshold = 9.5\nwan_mode = true\n' "$first" >"$work/second/wavu.toml"
run reload --home "$work/second"
is "seeds that are added are taken at once" "$out" $'changed: phi_threshold, seed_peers\nchange at the next start: wan_mode'
joined() { "$WAVU" status --json --home "$work/second" | grep -q '"neighbours":1'; }
if within 20 joined; then ok "and reached"; else not_ok "and reached" "$("$WAVU" status --home "$work/second")"; fi
echo 'phi_threshold = 9.5' >"$work/second/wavu.toml"
run reload --home "$work/second" --json
is "one that is taken away is left at the next start" "$out" '{"changed":[],"later":["seed_peers"]}'
end "$first_pid"
end "$pid"

# A node that does not end: the one that was asked for is named, and nothing else is done.
home=$work/stuck up
kill -STOP "$pid"
problem "a node that does not answer" 6 'does not answer; it is overloaded or stopped' down --home "$work/stuck"
kill -CONT "$pid"
within 10 ended "$pid"
if ended "$pid"; then ok "it ends when it can"; else not_ok "it ends when it can"; fi

plan
