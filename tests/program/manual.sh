#!/usr/bin/env bash
# wavu.toml(5) against the program: each setting with its default, what it takes, and when a running node takes it.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

page=$root/docs/man/wavu.toml.5
# The words of the paragraph of setting NAME, on one line and without roff's signs.
paragraph() { awk -v name=".B $1" '$0 == ".TP" || /^\.SH/ { on = 0 } on { printf "%s ", $0 } $0 == name { on = 1 }' "$page" | sed 's/\\-/-/g; s/\\(aq/'"'"'/g'; }

run get --home "$work/none"
settings=$out
while IFS= read -r line; do
    name=${line%% = *}
    about=$(paragraph "$name")
    if [ -z "$about" ]; then
        not_ok "$name is in wavu.toml(5)" "add to docs/man/wavu.toml.5: .TP, .B $name, what it is, Takes ... Default: ... Taken at the start."
        continue
    fi
    if [[ $about == *"Default: ${line#* = }. "* ]]; then ok "$name: its default"; else not_ok "$name: its default" "$about has not: Default: ${line#* = }."; fi
    # What a file is told that says something else: "NAME takes WHAT[, in quotes]".
    printf '%s = [false]\n' "$name" >"$work/wrong.toml"
    run config check "$work/wrong.toml"
    wanted=$(sed -E "s/^.*: $name takes (.*)$/\1/; s/, in quotes$//; s/^a time such as [^,]*, [^,]*, [^,]*, 1h or 7d/a time/" <<<"$err")
    [ "$name" = seed_peers ] && wanted="a list of at most 32 addresses"
    [ "$name" = modules ] && wanted="a list of at most 32 of them, each $wanted"
    if [[ $about == *"Takes $wanted. "* ]]; then ok "$name: what it takes"; else not_ok "$name: what it takes" "$about has not: Takes $wanted."; fi
    value=${line#* = }
    value=${value//\"/}
    [ -n "$value" ] && [ "$value" != "[]" ] || continue
    run set "$name" "$value" --json --home "$work/when"
    when=$(sed -nE 's/.*"takenBy":"([a-z]+)".*/\1/p' <<<"$out")
    want="Taken at the start."
    [ "$when" = reload ] && want="Taken at a reload."
    if [[ $about == *"$want"* ]]; then ok "$name: when it is taken"; else not_ok "$name: when it is taken" "$about has not: $want"; fi
done <<<"$settings"
is "and no others" "$(sed -n '/^\.SH SETTINGS/,/^\.SH EXAMPLES/p' "$page" | grep -c '^\.TP')" "$(wc -l <<<"$settings")"

# Its example is one.
sed -n '/^\.EX/,/^\.EE/p' "$page" | grep -v '^\.E' | sed 's/\\-/-/g' >"$work/example.toml"
run config check "$work/example.toml"
is "the example is good" "$rc" 0

# Exit codes: those of the program are those of the page.
is "wavu(1) has all exit codes" "$(sed -n '/^\.SH EXIT STATUS/,/^\.SH ENV/p' "$root/docs/man/wavu.1" | grep -oE '^\.B [0-9]' | tr -dc '0-9')" \
    "$(sed -n '/^enum say_exit/,/^}/p' "$root/apps/term/say.h" | grep -oE '[0-9]' | tr -d '\n')"
plan
