#!/usr/bin/env bash
# wavu bugreport: a file of this user alone that says what helps, and nothing of who one is, whom one knows, what was said.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"
# shellcheck source=secrets.bash
. "$root/tests/program/secrets.bash"

has() { # NAME FILE REGEX: a line of the file
    if grep -qE -- "$3" "$2"; then ok "$1"; else not_ok "$1" "no line /$3/ in:"$'\n'"$(<"$2")"; fi
}

# A whole small network, under the home of a person with a name, with private settings.
mkdir -p "$work/home/usercanary/data"
a=$work/home/usercanary/data/wavu
b=$work/baraka
mkdir -m 700 "$a"
printf 'network = "meshcanary"\nseed_peers = ["seedcanary.example:9000", "127.0.0.1:1"]\nmin_degree = 3\nkeypair_seed = "%s"\n' \
    "$(printf 'c0ffee%058d' 0)" >"$a/wavu.toml"
chmod 600 "$a/wavu.toml"
home=$a
up
a_addr=$addr
home=$b
up --network meshcanary
run nick Aminacanary --home "$a"
run nick Barakacanary --home "$b"
run create savannacanary --home "$a"
open_code "$a"
run join "$code" "$a_addr" --home "$b"
is "baraka joins" "$rc" 0
run room make roomcanary --topic topiccanary --home "$a"
run say "textcanary for all" --home "$a"
named() { "$WAVU" members --home "$1" | grep -q "  $2\$"; }
within 20 named "$a" Barakacanary
run dm Barakacanary "directcanary for one" --home "$a"
run contact name Barakacanary Kakacanary --home "$a"
got() { "$WAVU" chats --home "$b" | grep -q Aminacanary; }
within 20 got
run dm Aminacanary "answercanary" --home "$b"
answered() { "$WAVU" chats --home "$a" --json | grep -qE '"unread":[1-9]'; }
within 20 answered

run bugreport "$work/report.txt" --home "$a"
is "a report is made" "$rc" 0
like "it says where" "$out" "^$work/report.txt$"
like "and what is in it" "$out" '^In it: the version'
like "and what is not" "$out" '^Not in it: ids'
is "each line fits a terminal" "$(awk 'length > 80' <<<"$out")" ""
is "it is this user's alone" "$(stat -c '%a %F' "$work/report.txt")" "600 regular file"
report=$work/report.txt
has "the version is in it" "$report" '^version [0-9]+\.[0-9]+\.[0-9]+$'
has "the kernel" "$report" '^kernel Linux '
has "the machine" "$report" '^machine [a-z0-9_]+$'
has "the C library" "$report" '^libc '
has "a setting that is a number" "$report" '^min_degree 3 \(set\)$'
has "of private ones only that they are set" "$report" '^seed_peers \(set\)$'
has "likewise a key" "$report" '^keypair_seed \(set\)$'
has "and an address that is not" "$report" '^bind_addr \(not set\)$'
has "what the doctor finds" "$report" '^(warn|fail)  seeds +(some|all) seeds fail$'
has "how a seed stands" "$report" '^seed unreachable'
has "counters" "$report" '^courier_opened_total [1-9]'
has "how much is stored" "$report" '^members 2$'
has "how many messages" "$report" '^messages and entries [1-9]'

{
    printf '%s\n' Aminacanary Barakacanary Kakacanary savannacanary roomcanary topiccanary meshcanary seedcanary textcanary \
        directcanary answercanary usercanary c0ffee "$code" "$work" 127.0.0.1
    grep -qiF "$(uname -n)" /etc/os-release || uname -n
    secrets_of "$a" "$b"
} | awk 'length > 3' | sort -u >"$work/words"
is "there is much to keep silent about" "$([ "$(wc -l <"$work/words")" -gt 30 ] && echo yes)" yes
is "nothing of it is in the report" "$(grep -noiFf "$work/words" "$report")" ""
is "the words are real ones: the history has them" "$("$WAVU" history --home "$a" | grep -ciFf "$work/words" | grep -c '^0$')" 0

# Where it goes.
problem "it replaces nothing" 7 'is there already and is not replaced' bugreport "$report" --home "$a"
ln -s "$work/elsewhere" "$work/link"
problem "nor what a link leads to" 7 'is there already' bugreport "$work/link" --home "$a"
if [ -e "$work/elsewhere" ]; then not_ok "nothing was made there"; else ok "nothing was made there"; fi
problem "a folder that is not there" 4 'there is no folder' bugreport "$work/no/report.txt" --home "$a"
mkdir "$work/here"
cd "$work/here" || exit 1
run bugreport --home "$a"
like "without a name it has the time" "$out" '^wavu-bugreport-[0-9]{8}-[0-9]{6}\.txt$'
is "in the folder of now" "$(find . -name 'wavu-bugreport-*.txt' -perm 600 | wc -l)" 1
cd "$work" || exit 1
run bugreport - --home "$a"
like "or on the standard output" "$out" '^\[counters\]$'
run bugreport "$work/json.txt" --json --home "$a"
is "as JSON it says where" "$out" "{\"file\":\"$work/json.txt\"}"

# Without a node.
end "$pid"
run bugreport "$work/alone.txt" --home "$b"
is "without a node it is made, too" "$rc" 0
has "and says so" "$work/alone.txt" '^not asked: no node is open$'
run bugreport "$work/empty.txt" --home "$work/nowhere"
is "and without a home" "$rc" 0
if [ -e "$work/nowhere" ]; then not_ok "which it does not make"; else ok "which it does not make"; fi
plan
