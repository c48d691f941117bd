#!/usr/bin/env bash
# Logs: they name nobody, whatever happens. Two people and a stranger do a bit of everything while their nodes log all that
# they ever log, as text and as JSON; nothing that identifies anybody, and nothing that was said, may be in it.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/Aminatu-of-the-logs
b=$work/baraka
c=$work/stranger
logs=$work/logs
mkdir "$logs"

# logged HOME NAME ARGS...: as up, and its log is $logs/NAME.
logged() {
    local log=$logs/$2
    home=$1
    shift 2
    up --log-level debug "$@"
    # What it says goes on into the file that `up` opened: keep that, the next `up` takes a new one.
    mv "$work/up.err" "$log"
}

logged "$a" amina --seed localhost:1
a_pid=$pid a_addr=$addr
logged "$b" baraka --log-format json --seed "$a_addr"
b_pid=$pid b_addr=$addr
logged "$c" stranger --network somewhere-else --seed "$a_addr"
c_pid=$pid c_addr=$addr

# A small life: names, a network, a code, rooms, direct words, contacts, files, calls for help, a backup, a lock.
said=('mkutano-chini-ya-mbuyu' 'leta-maji-na-mkate' 'usimwambie-mtu' 'msaada-haraka')
names=('Aminatu' 'Barakaeli' 'savanna-of-logs' 'jikoni-kwetu' 'Rafiki-yangu' 'siri-ya-mlima' 'picha-ya-harusi')
run nick "${names[0]}" --home "$a"
run nick "${names[1]}" --home "$b"
run create "${names[2]}" --home "$a"
open_code "$a"
run join "7-wrong-words-here" "$a_addr" --home "$c"
run join "$code" "$a_addr" --home "$b"
is "two are in a network" "$rc" 0
named() { "$WAVU" members --home "$1" | grep -q "${names[0]}" && "$WAVU" members --home "$1" | grep -q "${names[1]}"; }
if within 20 named "$a" && within 20 named "$b"; then ok "and know each other"; else not_ok "and know each other"; fi
run room new "${names[3]}" --topic "${said[0]}" --home "$a"
run say "${said[0]}" --home "$a"
run dm "${names[1]}" "${said[1]}" --home "$a"
heard() { "$WAVU" history --with "${names[0]}" --home "$b" | grep -q "${said[1]}"; }
if within 20 heard; then ok "they talk"; else not_ok "they talk"; fi
run contact name "${names[0]}" "${names[4]}" --home "$b"
run verify "${names[4]}" --home "$b"
number=$out
echo "${said[2]}" >"$work/${names[6]}"
run file send "$work/${names[6]}" --home "$a"
run sos "${said[3]}" --to "${names[1]}" --at -6.1659,39.20265 --home "$a"
run sos cancel --home "$a"
run broadcast "${said[2]}" --home "$a"
run send "${b_addr##*/}" "${said[2]}" --home "$a"
printf '%s' "${names[5]}" >"$work/pass"
run backup create "$work/backup" --passphrase-file "$work/pass" --home "$a"
echo 'auto_acept = 3' >"$a/wavu.toml"
run reload --home "$a"
rm "$a/wavu.toml"
run ping "$a_addr" -c 1
run ping "${a_addr%/*}/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA" -c 1

# Whoever they are, by all that their programs tell of them.
canaries() {
    local one question
    for one in "$a" "$b" "$c"; do
        for question in status peers networks members "members --nodes" topology rooms chats contacts history "sos status" "file list"; do
            # shellcheck disable=SC2086
            "$WAVU" $question --json --home "$one" 2>/dev/null
        done
        "$WAVU" id --home "$one" 2>/dev/null
    done | grep -oE '[0-9a-f]{16,}|12D3KooW[1-9A-HJ-NP-Za-km-z]+' | sort -u >"$work/ids"
    cat "$work/ids"
    cut -c 1-8 "$work/ids" | grep -v '^12D3KooW'
    sed -nE 's/^12D3KooW.*(.{12})$/\1/p' "$work/ids"
    printf '%s\n' "${said[@]}" "${names[@]}" "$code" "${code#*-}" "$work" localhost somewhere-else 127.0.0.1 /ip4/ /tcp/ 39.20265 392026500
    grep -oE '[0-9]{5}( [0-9]{5})+' <<<"$number"
    port_of "$a_addr" | sed 's/^/:/'
    port_of "$b_addr" | sed 's/^/:/'
    port_of "$c_addr" | sed 's/^/:/'
}
canaries | grep . >"$work/canaries"
run revoke "${names[1]}" --home "$a"
kill -USR1 "$a_pid" "$b_pid" "$c_pid"
counted() { grep -q members_operations_total "$1"; }
if within 5 counted "$logs/amina" && within 5 counted "$logs/baraka"; then ok "SIGUSR1: the counters are in the log"; else not_ok "SIGUSR1: the counters are in the log"; fi
end "$c_pid"
end "$b_pid"
end "$a_pid"
if [ "$(wc -l <"$work/canaries")" -gt 40 ]; then ok "there is something to look for"; else not_ok "there is something to look for" "$(<"$work/canaries")"; fi
like "a debug log tells of neighbours" "$(<"$logs/amina")" '^debug mesh: peer [0-9a-f]{8} is a neighbour$'
like "and what was wrong with the settings, without where they are" "$(<"$logs/amina")" \
    "^error up: the settings stay as they were: wavu.toml:1:1: there is no setting 'auto_acept'"
if command -v python3 >/dev/null; then
    if bad=$(python3 -c '
import json, sys
for line in open(sys.argv[1]):
    assert list(json.loads(line)) == ["time", "level", "subsystem", "text"], line' "$logs/baraka" 2>&1); then
        ok "a JSON log is JSON, line by line"
    else
        not_ok "a JSON log is JSON, line by line" "$bad"
    fi
else
    skip "a JSON log is JSON, line by line" "python3 is not installed"
fi
for log in amina baraka stranger; do
    found=$(grep -Fn -f "$work/canaries" "$logs/$log")
    if [ -s "$logs/$log" ] && [ -z "$found" ]; then
        ok "the log of $log names nobody"
    else
        not_ok "the log of $log names nobody" "$found"
    fi
done

# Whoever writes a line is known, and can be made more or less detailed.
home=$work/names up
known=$("$WAVU" log --home "$work/names" | awk '{print $1}')
unknown=$(grep -rhoE 'log_write\([^"]*"[a-z_]+"' "$root/src" | grep -oE '"[a-z_]+"' | tr -d '"' | sort -u | grep -vxF "$known")
is "wavu log knows each subsystem (src/base/log_levels.c)" "$unknown" ""

# While it runs.
visited() { "$WAVU" ping "$addr" -c 1 -i 0 --home "$work/visitor" >"$work/.out" 2>&1 && grep -q '^debug ' "$work/up.err"; }
run ping "$addr" -c 1 -i 0
is "at its level a node is silent about visits" "$(<"$work/up.err")" ""
run log debug --home "$work/names"
is "another level is told" "$rc $(sort -u <<<"$(awk '{print $2}' <<<"$out")")" "0 debug"
if within 10 visited; then ok "and holds at once"; else not_ok "and holds at once" "$(<"$work/up.err")"; fi
run log error,keep=info --home "$work/names"
is "likewise of one subsystem alone" "$(grep -E '^(keep|mesh) ' <<<"$out" | tr -s ' ')" $'keep info\nmesh error'
end "$pid"

plan
