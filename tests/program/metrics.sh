#!/usr/bin/env bash
# Metrics for Prometheus: scraped from two real nodes that talk, lawful, listed, and silent about who they are.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if ! command -v curl >/dev/null || ! command -v python3 >/dev/null; then
    skip "metrics" "curl or python3 is not here"
    plan
fi
check() { # NAME ARGS...: prometheus.py finds nothing
    local name=$1 said
    shift
    if said=$(python3 "$root/tests/program/prometheus.py" "$@" 2>&1); then ok "$name"; else not_ok "$name" "$said"; fi
}
has() { # NAME FILE REGEX: a line of the file
    if grep -qE -- "$3" "$2"; then ok "$1"; else not_ok "$1" "no line /$3/"; fi
}
url_of() { "$WAVU" status --home "$1" --json | grep -oE '"metrics":"[^"]*"' | cut -d'"' -f4; }

a=$work/amina
b=$work/baraka
home=$a
up --metrics 127.0.0.1:0
if grep -q 'cannot serve metrics' "$work/up.err"; then
    skip "metrics" "built without libwebsockets, or its part for libuv is not here"
    plan
fi
a_pid=$pid a_addr=$addr
home=$b
begun=${EPOCHREALTIME/./}
up --metrics "$work/baraka.sock" --seed "$a_addr"
b_pid=$pid
url=$(url_of "$a")
like "status says where they are" "$url" '^http://127\.0\.0\.1:[1-9][0-9]*/metrics$'
like "also to people" "$("$WAVU" status --home "$a")" "^metrics +$url$"
is "a unix socket, too" "$(url_of "$b")" "$work/baraka.sock"
is "it is this user's alone" "$(stat -c '%a %F' "$work/baraka.sock")" "600 socket"

# A whole small network: people, a room, a chat between two.
run nick Aminacanary --home "$a"
run nick Barakacanary --home "$b"
run create savannacanary --home "$a"
open_code "$a"
run join "$code" "$a_addr" --home "$b"
is "baraka joins" "$rc" 0
run room make roomcanary --home "$a"
run say "textcanary for all" --home "$a"
named() { "$WAVU" members --home "$1" | grep -q "  $2\$"; }
within 20 named "$a" Barakacanary
run dm Barakacanary "directcanary for one" --home "$a"
got() { curl -s --unix-socket "$work/baraka.sock" http://localhost/metrics | grep -qE "^wavu_courier_opened_total [1-9]"; }
within 20 got

is_linked() { curl -s "$url" | grep -qx 'wavu_network_neighbours 1'; }
within 20 is_linked
curl -s -o "$work/a.prom" -D "$work/head" "$url"
like "the type is Prometheus'" "$(tr -d '\r' <"$work/head")" '^content-type: text/plain; version=0\.0\.4; charset=utf-8$'
curl -s -o "$work/b.prom" --unix-socket "$work/baraka.sock" http://localhost/metrics
most_ms=$(((${EPOCHREALTIME/./} - begun) / 1000))
for who in a b; do
    check "$who: the text is lawful" lawful "$work/$who.prom"
    if command -v promtool >/dev/null; then
        if said=$(promtool check metrics <"$work/$who.prom" 2>&1); then ok "$who: promtool says so, too"; else not_ok "$who: promtool says so, too" "$said"; fi
    else
        skip "$who: promtool says so, too" "promtool (package prometheus) is not here"
    fi
done
has "there is a neighbour" "$work/a.prom" '^wavu_network_neighbours 1$'
has "a network of two" "$work/a.prom" '^wavu_network_members 2$'
has "a seed that is connected" "$work/b.prom" '^wavu_mesh_seeds_connected 1$'
of() { sed -nE "s/^$1 //p" "$work/b.prom"; }
# Seconds are seconds: since the start, and no more than went by.
up_ms=$(awk '{ printf "%d", $1 * 1000 }' <<<"$(of wavu_uptime_seconds)")
if [ "$up_ms" -le "$most_ms" ] && [ "$up_ms" -gt 0 ]; then ok "it has been up for so long"; else not_ok "it has been up for so long" "$up_ms of $most_ms ms"; fi
born=$(of process_start_time_seconds)
is "and began when it did" "$((${born%.*} >= begun / 1000000 - 2 && ${born%.*} <= EPOCHSECONDS))" 1
has "a peer" "$work/a.prom" '^wavu_peers 1$'
has "bytes were sent" "$work/a.prom" '^wavu_net_sent_bytes_total [1-9][0-9]+$'
has "sealed envelopes were read" "$work/b.prom" '^wavu_courier_opened_total [1-9][0-9]*$'
has "the store has a size" "$work/a.prom" '^wavu_store_size_bytes [1-9][0-9]+$'

check "docs/metrics.md lists them" listed "$work/a.prom" "$root/docs/metrics.md" "$root/apps/daemon/metrics.c"
check "the board for Grafana asks for what there is" board "$work/a.prom" "$root/dist/grafana/wavu.json"

# Nothing of who they are, in any spelling that the program itself has.
# shellcheck source=secrets.bash
. "$root/tests/program/secrets.bash"
{
    printf '%s\n' Aminacanary Barakacanary savannacanary roomcanary textcanary directcanary "$code" "$work"
    secrets_of "$a" "$b"
} >"$work/words"
is "there is much to keep silent about" "$([ "$(wc -l <"$work/words")" -gt 15 ] && echo yes)" yes
check "amina's are silent" silent "$work/a.prom" "$work/words"
check "baraka's, too" silent "$work/b.prom" "$work/words"

# Who may ask.
code_of() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
is "another path is not found" "$(code_of "${url%/metrics}/")" 404
is "POST is not taken" "$(code_of -X POST -d x "$url")" 405
is "another host is refused" "$(code_of -H 'Host: evil.example' "$url")" 403
is "HEAD is" "$(code_of -I "$url")" 200
port=${url#http://127.0.0.1:} port=${port%/metrics}
is "only this machine can reach it" "$(ss -ltnH "sport = :$port" 2>/dev/null | awk '{print $4}')" "127.0.0.1:$port"
problem "a taken port is said" 1 'is taken by another process; .*--metrics' up --home "$work/c" --listen 127.0.0.1:0 --metrics "127.0.0.1:$port"
problem "an address of the network is refused" 2 '--metrics takes an address of this machine alone' up --home "$work/c" --metrics 0.0.0.0:9464
: >"$work/notes"
problem "what is no socket is left alone" 1 'is no socket and is left alone' up --home "$work/c" --listen 127.0.0.1:0 --metrics "$work/notes"
echo 'metrics = "192.0.2.1:9464"' >"$work/wavu.toml"
problem "likewise in the file" 2 'wavu.toml:1:11: metrics takes an address of this machine alone' config check "$work/wavu.toml"

# A lock, and the end.
printf 'kisima ya maji\n' >"$work/secret"
run passphrase set --new-passphrase-file "$work/secret" --home "$b"
is "a passphrase is set" "$rc" 0
end "$b_pid"
is "a node with metrics ends in good order" "$rc" 0
if [ -e "$work/baraka.sock" ]; then not_ok "its socket is gone"; else ok "its socket is gone"; fi
home=$b
: >"$work/up.out"
"$WAVU" up --discovery-port 0 --home "$b" --listen 127.0.0.1:0 --metrics "$work/baraka.sock" >"$work/up.out" 2>"$work/up.err" </dev/null &
started+=("$!")
locked() { curl -s --unix-socket "$work/baraka.sock" http://localhost/metrics | grep -qx 'wavu_locked 1'; }
if within 10 locked; then ok "a locked node says so"; else not_ok "a locked node says so"; fi
run unlock --passphrase-file "$work/secret" --home "$b"
open() { curl -s --unix-socket "$work/baraka.sock" http://localhost/metrics | grep -qx 'wavu_locked 0'; }
if within 20 open; then ok "an unlocked one, too"; else not_ok "an unlocked one, too"; fi
run lock --home "$b"
if within 20 locked; then ok "and one that was locked while it ran"; else not_ok "and one that was locked while it ran"; fi
end "$a_pid"
is "the other ends, too" "$rc" 0
plan
