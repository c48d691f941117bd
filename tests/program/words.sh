#!/usr/bin/env bash
# Command lines: help, version, mistakes, and a stdout that goes away.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

mapfile -t commands < <("$WAVU" help | sed -n '/^Commands:/,/^$/s/^  \([a-z0-9]*\).*/\1/p')
manual=$root/docs/man/wavu.1

run
is "bare wavu prints help: exit code" "$rc" 0
like "bare wavu prints help" "$out" '^Commands:'
for word in --help -h help; do
    run "$word"
    is "wavu $word: exit code" "$rc" 0
    like "wavu $word lists the commands" "$out" '^  ping ADDR'
done
for command in "${commands[@]}"; do
    run "$command" --help
    if [ "$rc" -eq 0 ] && [ -z "$err" ] && [[ $out == "wavu $command - "*Examples:*Usage:*Options:* ]]; then
        ok "wavu $command --help"
    else
        not_ok "wavu $command --help" "$rc $out $err"
    fi
    if grep -qE "^\.B.*wavu $command( |\"|$)" "$manual" && grep -qE "^\.B[IR]? (.*[\" ])?$command([\" ]|$)" "$manual"; then
        ok "the manual has wavu $command"
    else
        not_ok "the manual has wavu $command"
    fi
    asked=$out
    run help "$command"
    is "wavu help $command says the same" "$out" "$asked"
    run "$command" -h
    is "wavu $command -h says the same" "$out" "$asked"
    words=("$command" --help --json)
    [ "$command" != sim ] || words=(help sim --json) # its own --json names a file
    run "${words[@]}"
    like "wavu $command --help --json" "$out" "^\{\"name\":\"$command\",.*\]\}$"
done
run help --json
like "wavu help --json" "$out" '^\{"commands":\[\{"name":"up".*\]\}$'
if command -v python3 >/dev/null; then
    if python3 -c 'import json, sys; json.load(sys.stdin)' <<<"$out"; then ok "it is JSON"; else not_ok "it is JSON" "$out"; fi
else
    skip "it is JSON" "there is no python3 to read it"
fi
# too_wide TEXT: lines that pass 80 columns although they could be broken.
too_wide() { awk 'length > 80 && length($NF) < 67' <<<"$1"; }
for command in "" "${commands[@]}" create networks invite join revoke nick members topology broadcast send events config; do
    run help $command
    is "help $command fits 80 columns" "$(too_wide "$out")" ""
done
run version
like "wavu version" "$out" '^wavu [0-9]+\.[0-9]+\.[0-9]+$'
run --version
like "wavu --version" "$out" '^wavu [0-9]+\.[0-9]+\.[0-9]+$'
run version --json
like "wavu version --json" "$out" '^\{"version":"[0-9.]+"\}$'

# How it speaks: said once, meant everywhere.
if command -v python3 >/dev/null; then
    at_terminal() { # ARGS...: what is seen at a terminal, escapes as they are
        python3 - "$WAVU" "$@" <<'PYTHON'
import os, pty, sys
child, fd = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
try:
    while part := os.read(fd, 1024):
        seen += part
except OSError:
    pass
os.waitpid(child, 0)
sys.stdout.write(seen.decode().replace("\033", "<esc>").replace("\r", ""))
PYTHON
    }
    unset NO_COLOR
    export TERM=xterm
    like "a problem is bright at a terminal" "$(at_terminal status)" '^<esc>\[1;31mwavu:<esc>\[0m no node runs'
    like "not with NO_COLOR" "$(NO_COLOR=1 at_terminal status)" '^wavu: no node runs'
    like "nor where TERM is dumb" "$(TERM=dumb at_terminal status)" '^wavu: no node runs'
    like "nor with --color=never" "$(at_terminal status --color=never)" '^wavu: no node runs'
    like "--color=always goes before NO_COLOR" "$(NO_COLOR=1 at_terminal status --color=always)" '^<esc>'
    like "--no-input asks nothing at a terminal" "$(at_terminal backup verify "$work/file" --no-input)" \
        '^<esc>.*--no-input forbids to ask for it'
    mkdir -p "$work/wiped"
    like "nor before a wipe" "$(at_terminal wipe --no-input --home "$work/wiped")" '--no-input.*forbids it; --yes does it'
else
    skip "how it speaks at a terminal" "there is no python3 to make one"
fi
mkdir -p "$work/wiped"
printf 'power = "low"\n' >"$work/wiped/wavu.toml"
run wipe --dry-run --home "$work/wiped"
is "a rehearsed wipe says what would be gone" "$rc $out" "0 would be wiped: $work/wiped
would be wiped: $work/wiped/wavu.toml"
if [ -s "$work/wiped/wavu.toml" ]; then ok "and touches nothing"; else not_ok "and touches nothing"; fi
run wipe --yes --quiet --home "$work/wiped"
is "--quiet leaves the result alone" "$rc $out" "0 wiped: the key first, then everything"

problem "an unknown command" 2 "there is no command 'frobnicate'" frobnicate
problem "a mistyped command" 2 "did you mean 'wavu ping'\?" pnig 127.0.0.1:1
problem "a mistyped command behind help" 2 "did you mean 'wavu peers'\?" help pers
problem "an unknown option" 2 'there is no option --frobnicate' up --frobnicate
problem "a mistyped option" 2 'no option --lisen; did you mean --listen\?' up --lisen 127.0.0.1:0
problem "a mistyped option with =" 2 'no option --jsn; did you mean --json\?' status --jsn=1
problem "an unknown letter" 2 'there is no option -z' ping -z 127.0.0.1:1
problem "an unknown option before the command" 2 'there is no option --frobnicate' --frobnicate up
problem "an option without its value" 2 '--home needs a value' status --home
problem "an empty home" 2 '--home needs the name of a folder' status --home=
problem "a word too many" 2 "does not understand the word 'now'" status now
problem "a code in several words" 2 "word 'river': a code is written with hyphens, as in 7-apple" join 7 apple river stone
problem "ping without an address" 2 'ping needs ADDR' ping
problem "perf without an address" 2 'perf needs ADDR' perf --upload-bytes 1
problem "perf without an amount" 2 'how much' perf 127.0.0.1:1
for blank in '' ' ' $'\t \n'; do
    problem "say of nothing" 2 "the text is empty; 'wavu say --help' shows how" say "$blank"
    problem "a room without a name" 2 "a room's name is not empty" room make "$blank"
    problem "an edit to nothing" 2 'the text is empty' say --edit 0a1b2c3d "$blank"
    problem "dm of nothing" 2 "the text is empty; 'wavu dm --help' shows how" dm Baraka "$blank"
    problem "broadcast of nothing" 2 "the text is empty; 'wavu broadcast --help' shows how" broadcast "$blank"
    problem "send of nothing" 2 "the text is empty; 'wavu send --help' shows how" send hVcSmRkQ "$blank"
done
problem "a count that is no number" 2 "--count takes a whole number from 1 to 1000000, not 'x'" ping 127.0.0.1:1 -c x
problem "a count of nothing" 2 '--count takes' ping 127.0.0.1:1 -c 0
problem "a negative interval" 2 '--interval takes seconds' ping 127.0.0.1:1 -i -1
problem "an amount with a unit" 2 '--upload-bytes takes a whole number' perf 127.0.0.1:1 --upload-bytes 5G
problem "an unknown log level" 2 "--log-level takes error, warn, info or debug, or SUBSYSTEM=LEVEL, not 'debgu'" up --log-level debgu
problem "no idle time at all" 2 '--idle-seconds takes' up --idle-seconds 0
for bad in nonsense /ip4/1.2.3/tcp/1 /ip4/127.0.0.1/tcp/65536 127.0.0.1 127.0.0.1:x '' '/ip4/127.0.0.1/tcp/1/p2p/12D3' "a b:1" ; do
    problem "ping to the bad address '$bad'" 2 'is no address' ping "$bad"
    problem "perf to the bad address '$bad'" 2 'is no address' perf "$bad" --upload-bytes 1
    problem "up at the bad address '$bad'" 2 'is no address' up --home "$work/none" --listen "$bad"
done
if [ -e "$work/none" ]; then not_ok "a bad command line makes no home"; else ok "a bad command line makes no home"; fi

# A stdout that nobody reads, that is full, or that is not there.
(
    trap '' PIPE
    timeout 10 "$WAVU" help --json 2>"$work/.err"
    echo $? >"$work/.rc"
) | :
like "a closed pipe: it ends by itself" "$(<"$work/.rc")" '^[01]$'
is "a closed pipe: no complaint" "$(<"$work/.err")" ""
if [ -w /dev/full ]; then
    timeout 10 "$WAVU" help >/dev/full 2>"$work/.err"
    is "a full disk behind stdout: exit code" $? 1
    like "a full disk behind stdout: one sentence" "$(<"$work/.err")" '^wavu: writing to the standard output failed: .+$'
else
    skip "a full disk behind stdout" "there is no /dev/full"
fi
timeout 10 "$WAVU" help >&- 2>"$work/.err"
is "a closed stdout: exit code" $? 1
timeout 10 "$WAVU" help >/dev/null 2>&-
is "a closed stderr: exit code" $? 0
timeout 10 "$WAVU" id --home "$work/closed" <&- >&- 2>&-
is "all closed: exit code" $? 1
plan
