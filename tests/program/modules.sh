#!/usr/bin/env bash
# Modules of a running node: off at first, refused when others could have written them, a filter in a real chat, and a cipher that two
# nodes share and a third lacks.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

build=${WAVU_BUILD:-$(dirname "$(dirname "$WAVU")")}
if ! [ -e "$build/modules/filter_words.so" ]; then
    skip "modules" "the examples are not built in $build/modules"
    plan
fi
modules=$work/modules # whatever the umask of the build was
mkdir -m 0755 "$modules"
cp "$build"/modules/*.so "$modules"
chmod 0644 "$modules"/*.so
printf '%s\n' ugali '?bei' '!siri' >"$modules/words.txt"
mkdir -m 0777 "$work/open"
chmod 0777 "$work/open"
cp "$modules/filter_words.so" "$work/open/"

a=$work/amina
b=$work/baraka

# Off unless a setting says otherwise.
home=$a
up
a_addr=$addr
run module list --home "$a"
is "none at first" "$out" "no modules are loaded"
problem "none while it runs" 5 'unless the setting allow_modules is true' module load "$modules/filter_words.so" --home "$a"
problem "a wish that is none" 2 'it is: wavu module load FILE' module make --home "$a"

# A node that lacks one of its modules does not start.
problem "one that is not there" 4 "'/nowhere/m.so' is not loaded: there is no such file" up --home "$b" --module /nowhere/m.so
problem "one that others could write" 5 'others could write to the folder .*open' \
    up --home "$b" --listen 127.0.0.1:0 --module "$work/open/filter_words.so=$modules/words.txt"
problem "one that cannot begin" 5 'it says: the argument is a file with words' up --home "$b" --listen 127.0.0.1:0 --module "$modules/filter_words.so"
problem "one of another interface" 1 'built for version 2 of the interface' up --home "$b" --listen 127.0.0.1:0 --module "$modules/odd_major.so"
problem "a cipher elsewhere" 5 'a cipher is for test networks only' up --home "$b" --listen 127.0.0.1:0 --module "$modules/cipher_ascon.so"
problem "a path that is none" 2 'takes the whole path of a module' up --home "$b" --module m.so

# A filter in a chat.
home=$b
up --allow-modules
run nick Amina --home "$a"
run nick Baraka --home "$b"
run create savanna --home "$a"
open_code "$a"
run join "$code" "$a_addr" --home "$b"
is "baraka joins" "$rc" 0
ready() { "$WAVU" say --home "$1" habari; }
within 20 ready "$a"
problem "a file that is not there" 4 "there is no file 'nothing.so'" module load nothing.so --home "$b"
cp "$modules/filter_words.so" words.so
chmod 0700 .
run module load words.so "$modules/words.txt" --home "$b"
like "a filter is loaded" "$out" '^filter-words 1.0: filter, 0 calls, 0 slow, 0 bad answers'
problem "the shell says the same" 7 'a module of that name is loaded already' shell --home "$b" -c "module load $modules/filter_words.so"
problem "and not twice" 7 'a module of that name is loaded already' module load "$modules/filter_words.so" "$modules/words.txt" --home "$b"
run say 'Ugali leo?' --home "$a"
run say 'bei ni nzuri' --home "$a"
said() { "$WAVU" history --peek --home "$b" | grep -q 'nzuri$'; }
within 20 said
run history --home "$b"
like "others' words are hidden" "$out" '  Amina: \(hidden by the filter filter-words\)$'
like "or marked" "$out" '  Amina: \(marked by the filter filter-words\) bei ni nzuri$'
like "or shown" "$out" '  Amina: habari$'
run history --json --home "$b"
like "as JSON" "$out" '"isFiltered":true,"filter":"filter-words"'
run history --home "$a"
like "their author sees them" "$out" ': Ugali leo\?$'
problem "own words may be refused" 5 'the filter filter-words does not let that be said: it has a word' say 'ni siri' --home "$b"
problem "also to one" 5 'the filter filter-words does not let that be said' dm Amina 'siri!' --home "$b"
problem "also to all of the mesh" 5 'does not let that be said' broadcast 'siri' --home "$b"
run module off filter-words --home "$b"
like "it is switched off" "$out" '^    off: wished$'
run history --home "$b"
like "nothing was lost" "$out" '  Amina: Ugali leo\?$'

# A cipher: two nodes have it, the third has not.
start_in() { # NAME [MODULE...]
    home=$work/$1
    shift
    up --network test-ascon ${first:+--seed "$first"} "$@"
    first=${first:-$addr}
}
first=
start_in c1 --module "$modules/cipher_ascon.so"
c1=$home
start_in c2 --module "$modules/cipher_ascon.so"
c2=$home
start_in c3
c3=$home
c3_addr=$addr
neighbours() { [ "$("$WAVU" status --json --home "$1" | sed -E 's/.*"neighbours":([0-9]+).*/\1/')" = "$2" ]; }
if within 20 neighbours "$c2" 1; then ok "two with a cipher meet"; else not_ok "two with a cipher meet" "$("$WAVU" status --home "$c2")"; fi
run broadcast habari --home "$c1"
is "one speaks" "$rc" 0
heard() { "$WAVU" module list --home "$1" | grep -qE '^ascon 1.2: cipher, [1-9][0-9]* calls, 0 slow'; }
if heard "$c2"; then ok "its frames went through it"; else not_ok "its frames went through it" "$("$WAVU" module list --home "$c2")"; fi
run peers --json --home "$c1"
like "which is called an experiment" "$out" '"secured":"experiment"'
run ping --count 1 "$first" --home "$work/c4"
if [ "$rc" -ne 0 ]; then ok "who lacks it is refused"; else not_ok "who lacks it is refused" "$out"; fi
if neighbours "$c3" 0 && neighbours "$c1" 1; then ok "and has no neighbour"; else not_ok "and has no neighbour" "$("$WAVU" status --home "$c3")"; fi
host=$(sed -E 's|^/ip4/([0-9.]+)/tcp/([0-9]+)/.*|\1:\2|' <<<"$first")
for end in "$c3" "$work/c5"; do # a node without it; a command of its own
    if [ "$end" = "$c3" ]; then line="shell connect $host"; else line="ping --count 1 $host"; fi
    # shellcheck disable=SC2086
    problem "why there is no link is said: $line" 1 "module's cipher" $line --home "$end"
done
home=$c3
problem "likewise from the end that has it" 1 'agreed on no secure link: .* a module.s cipher that the other has not' \
    shell connect "$(sed -E 's|^/ip4/([0-9.]+)/tcp/([0-9]+)/.*|\1:\2|' <<<"$c3_addr")" --home "$c1"
problem "it is not switched off" 5 'a cipher stays until the node ends' module off ascon --home "$c1"

plan
