#!/bin/bash
# `make install` into a staging folder, and what an embedder and a reader get out of it. TAP.
set -u

root=${WAVU_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${WAVU_BUILD:-$root/build/release}
made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT
stage=$made/stage
count=0
failed=0

check() { # NAME COMMAND...
    count=$((count + 1))
    name=$1
    shift
    if "$@" >"$made/log" 2>&1; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/# /' "$made/log"
        failed=1
    fi
}

skip() { # NAME REASON
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

check "installs below DESTDIR" env DESTDIR="$stage" cmake --install "$build" --prefix /usr
library=$(find "$stage/usr" -name libwavu.so | head -n 1)
libdir=$(dirname "${library:-$stage/usr/lib/none}")
check "nothing lands outside the prefix" sh -c '[ "$(ls "$1")" = usr ]' sh "$stage"
check "the program runs from there" env LD_LIBRARY_PATH="$libdir" "$stage/usr/bin/wavu" version
for file in libwavu.so.0 libwavu.a pkgconfig/wavu.pc; do
    check "$file is there" test -e "$libdir/$file"
done

for kind in system user; do
    unit=$stage/usr/lib/systemd/$kind/wavu.service
    check "the $kind unit names the program" grep -qx 'ExecStart=/usr/bin/wavu up' "$unit"
done

check "the board for Grafana is there" test -s "$stage/usr/share/wavu/grafana/wavu.json"

export PKG_CONFIG_SYSROOT_DIR="$stage"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
check "the pkg-config file names the prefix it was given" grep -qx 'prefix=/usr' "$libdir/pkgconfig/wavu.pc"
flags=$(pkg-config --cflags wavu)

# Each header stands alone, and what it declares is C11 and nothing more.
for header in "$stage"/usr/include/wavu/*.h; do
    name=wavu/$(basename "$header")
    printf '#include "%s"\nint main(void)\n{\n    return 0;\n}\n' "$name" >"$made/header.c"
    # shellcheck disable=SC2086
    check "$name compiles alone" cc -std=c11 -pedantic -Wall -Wextra -Werror $flags -fsyntax-only "$made/header.c"
done

cat >"$made/embed.c" <<'END'
#include "wavu/err.h"

#include <string.h>

/* A name that the library uses inside, too: the two must not meet. */
int map_get(int key);
int map_get(int key)
{
    return key;
}

int main(void)
{
    return strcmp(wavu_err_name(WAVU_ERR_LIMIT), "limit") != 0 || map_get(0);
}
END
# shellcheck disable=SC2046,SC2086
check "a program links with the shared library" cc -std=c11 -pedantic -Werror $flags "$made/embed.c" -o "$made/shared" \
    $(pkg-config --libs wavu)
check "and runs" env LD_LIBRARY_PATH="$libdir" "$made/shared"
# shellcheck disable=SC2046,SC2086
check "a program links with the static library" cc -std=c11 -pedantic -Werror $flags "$made/embed.c" -o "$made/static" \
    "$libdir/libwavu.a" $(PKG_CONFIG_SYSROOT_DIR="" pkg-config --libs libuv libsodium sqlcipher libssl libcrypto) -lpthread
check "and runs without the shared one" "$made/static"

# Modules are built with the header alone, and stand among the documents.
for module in "$stage"/usr/share/doc/wavu/examples/modules/*.c; do
    name=$(basename "$module" .c)
    # shellcheck disable=SC2086
    check "the module $name is built" cc -std=c11 -pedantic -Wall -Wextra -Werror -shared -fPIC $flags "$module" -o "$made/$name.so"
    check "and links with nothing of wavu" sh -c '! ldd "$1" | grep -q libwavu' sh "$made/$name.so"
done

# The examples: one makes a network and says "!ping", the other comes in by its code and answers.
talk() {
    coproc host { LD_LIBRARY_PATH="$libdir" exec "$made/example-embed" "$made/host"; }
    host_pid=$!
    read -r -t 20 _ _ code address <&"${host[0]}" || return 1
    LD_LIBRARY_PATH="$libdir" "$made/example-bot" "$made/bot" "$code" "$address" &
    bot_pid=$!
    heard=
    for _ in $(seq 30); do # until keys are exchanged
        echo '!ping' >&"${host[1]}"
        while read -r -t 1 heard <&"${host[0]}" && [ "$heard" != "bot: pong" ]; do :; done
        [ "$heard" = "bot: pong" ] && break
    done
    kill "$bot_pid" "$host_pid" 2>/dev/null
    wait "$bot_pid" "$host_pid" 2>/dev/null
    [ "$heard" = "bot: pong" ]
}
for example in bot embed; do
    # shellcheck disable=SC2046,SC2086
    check "the example $example compiles" cc -std=gnu11 -Wall -Wextra -Werror $flags "$root/examples/$example.c" \
        -o "$made/example-$example" $(pkg-config --libs wavu)
done
check "they talk" talk

# A program of somebody else's: two nodes in it use all that a program is promised, once each (embedder.c).
head -c 300000 /dev/urandom >"$made/file"
embeds() { LD_LIBRARY_PATH="$libdir" timeout 300 "$made/embedder" "$made/amina" "$made/baraka" "$made/file"; }
# shellcheck disable=SC2046,SC2086
check "an embedder compiles" cc -std=gnu11 -Wall -Wextra -Werror $flags "$root/tests/house/embedder.c" -o "$made/embedder" \
    $(pkg-config --libs wavu)
check "all that it is promised is there" embeds

hardened() { # FILE: position independent, with read-only relocations bound at the start and no executable stack
    readelf -hldW "$1" >"$made/elf" && grep -q 'Type: *DYN' "$made/elf" && grep -q GNU_RELRO "$made/elf" &&
        grep -Eq 'BIND_NOW|Flags:.* NOW' "$made/elf" && grep 'GNU_STACK' "$made/elf" | grep -qv 'RWE'
}
check "the program is hardened" hardened "$stage/usr/bin/wavu"
check "the library is hardened" hardened "$libdir/libwavu.so"

# A page of each command; what is in docs/man, and wavu.1 as the overview that is made of it.
"$stage/usr/bin/wavu" help --json 2>/dev/null | python3 -c '
import json, sys
for command in json.load(sys.stdin)["commands"]:
    print(command["name"])' >"$made/commands" 2>/dev/null
commands_have_pages() {
    [ -s "$made/commands" ] || return 1
    while read -r command; do
        [ -s "$stage/usr/share/man/man1/wavu-$command.1" ] || { echo "no page wavu-$command.1" && return 1; }
        grep -qF ".BR wavu\\-$command (1)" "$stage/usr/share/man/man1/wavu.1" || { echo "wavu.1 has no $command" && return 1; }
    done <"$made/commands"
}
check "each command has a page, and wavu(1) names it" commands_have_pages
is_clean() { # PAGES: they render, without a warning
    groff -man -ww -z -Tutf8 "$@" 2>"$made/warnings" && [ ! -s "$made/warnings" ] || { cat "$made/warnings" && return 1; }
}
for page in "$root"/docs/man/*.[1-9]; do
    name=$(basename "$page")
    check "$name is installed" test -s "$stage/usr/share/man/man${name##*.}/$name"
done
if command -v groff >/dev/null; then
    for page in "$stage"/usr/share/man/man[157]/*; do
        check "$(basename "$page") renders without a warning" is_clean "$page"
    done
    check "wavu.3 renders without a warning" is_clean "$stage/usr/share/man/man3/wavu.3"
else
    skip "the pages render without a warning" "groff is not installed"
fi
for shell in bash-completion/completions/wavu zsh/site-functions/_wavu fish/vendor_completions.d/wavu.fish; do
    check "$shell is installed" test -s "$stage/usr/share/$shell"
done

# Each public function has a page of its own, which is found by its name.
all_have_pages() {
    nm -D --defined-only "$libdir/libwavu.so" | awk '{ print $3 }' >"$made/functions"
    [ -s "$made/functions" ] || return 1
    while read -r function; do
        [ -s "$stage/usr/share/man/man3/$function.3" ] || { echo "no page of $function" && return 1; }
    done <"$made/functions"
}
check "each public function has a page" all_have_pages
all_are_named() { # in the page that one begins with
    while read -r function; do
        grep -qE "\\b$function\\b" "$root/docs/man/wavu.3" || { echo "wavu.3 has no $function" && return 1; }
    done <"$made/functions"
}
check "wavu(3) names each of them" all_are_named
if command -v groff >/dev/null; then
    (cd "$stage/usr/share/man" && groff -man -ww -z -Tutf8 man3/wavu_*.h.3) 2>"$made/warnings"
    check "the headers' pages render without a warning" test ! -s "$made/warnings"
else
    skip "the headers' pages render without a warning" "groff is not installed"
fi

echo "1..$count"
exit $failed
