#!/usr/bin/env bash
# A stick between two who are never up together: messages one way, receipts and messages the other; by the hand of a
# third; what else lies on a stick.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

a=$work/amina
b=$work/baraka
c=$work/chiku
stick=$work/stick
mkdir "$stick"

# They meet once, to pair.
home=$a
up
a_addr=$addr
a_pid=$pid
home=$b
up --seed "$a_addr"
b_pid=$pid
home=$c
up --seed "$a_addr"
c_pid=$pid
run nick Amina --home "$a"
run nick Baraka --home "$b"
run nick Chiku --home "$c"
problem "without a network nothing is written" 4 'in no network yet' export --all "$stick" --home "$a"
run create savanna --home "$a"
joins() { # HOME: by a code of Amina's
    local code
    code=$("$WAVU" invite --no-wait --json --home "$a" | sed -nE 's/.*"code":"([^"]+)".*/\1/p')
    "$WAVU" join "$code" "$a_addr" --home "$1"
}
joins "$b" >/dev/null
joins "$c" >/dev/null
shows() { "$WAVU" history --peek --with "$2" --home "$1" 2>/dev/null | grep -qE -- "$3"; }
there() { # NAME SECONDS HOME WITH REGEX
    if within "$2" shows "$3" "$4" "$5"; then ok "$1"; else not_ok "$1" "$("$WAVU" history --peek --with "$4" --home "$3" 2>&1 | cut -c 1-200)"; fi
}
named() { "$WAVU" members --home "$1" | grep -qE "  $2\$"; }
within 30 named "$a" Baraka
within 30 named "$b" Amina
within 30 named "$c" Baraka
run dm Baraka 'tumekutana' --home "$a"
there "they have met" 30 "$b" Amina 'tumekutana'
there "one knows the other's keys" 30 "$a" Baraka 'tumekutana  \(delivered\)$'
run dm Amina 'karibu' --home "$b"
there "and the other the one's" 30 "$b" Amina 'karibu  \(delivered\)$'
run dm Chiku 'na wewe' --home "$b"
there "the third one, too" 30 "$c" Baraka 'na wewe'
run dm Amina 'na mimi' --home "$c"
there "and hers, too" 30 "$c" Amina 'na mimi  \(delivered\)$' # it can hold for both
# Names are others' words, and nobody says them while one is alone: ids are for ever.
id_of() { "$WAVU" members --json --home "$a" | grep -oE '"id":"[0-9a-f]{64}"[^}]*"nick":"'"$1"'"' | sed -E 's/"id":"([0-9a-f]+)".*/\1/'; }
amina=$(id_of Amina)
baraka=$(id_of Baraka)
chiku=$(id_of Chiku)
end "$a_pid"
end "$b_pid"
end "$c_pid"

alone() { # HOME: it alone is up
    home=$1
    up
}
names() { (cd "$stick" && ls -A); }

# Amina writes; nobody else is up.
alone "$a"
run dm "$baraka" 'barua ya kwanza' --home "$a"
run dm "$baraka" "$(printf 'x%.0s' {1..20000})" --home "$a"
problem "to whom, or to all" 2 'one of --for WHO and --all' export "$stick" --home "$a"
problem "nobody of that name" 4 "no member is called 'Zuri'" export --for Zuri "$stick" --home "$a"
problem "no such folder" 4 'cannot be opened' export --all "$work/nowhere" --home "$a"
run export --for "$baraka" "$stick" --home "$a"
is "what waits is written" "$rc" 0
like "and said" "$out" '^[2-9] sealed messages are written, in 1 file; the stick may be pulled out$'
like "its name tells nothing" "$(names)" '^[0-9a-f]{16}\.wavu$'
is "nor do its bytes" "$(cat "$stick"/* | grep -caE 'Amina|Baraka|savanna|barua|xxxx')" 0
end "$pid"

# What others put there, too.
file=$(names)
head -c 1000 "$stick/$file" >"$stick/00000000000000aa.wavu"
head -c 5000 /dev/urandom >"$stick/00000000000000bb.wavu"
truncate -s 2G "$stick/00000000000000cc.wavu"
ln -s /etc/passwd "$stick/00000000000000dd.wavu"
ln -s /dev/zero "$stick/00000000000000ee.wavu"
mkfifo "$stick/00000000000000ff.wavu"
mkdir "$stick/0000000000000011.wavu"
cp "$stick/$file" "$stick/.$file.part"
echo hello >"$stick/letter.txt"
for i in {100..999}; do : >"$stick/0000000000000$i.wavu"; done

# Baraka reads it.
alone "$b"
run import "$stick" --json --home "$b"
is "what is no file of a stick is passed over" "$rc" 1
like "the rest is read" "$out" '"read":[2-9],'
is "each is named" "$(grep -cE '0000000000000[0-9a-f]+\.wavu is passed over' <<<"$err")" 907
there "it is shown" 10 "$b" "$amina" ': barua ya kwanza$'
there "also the large one" 10 "$b" "$amina" ': x{20000}$'
rm -rf "${stick:?}"/000* "$stick"/.*.part "$stick"/letter.txt
run import "$stick" --home "$b"
like "a second time nothing is new" "$out" '^0 new for you, 0 held for others, [0-9]+ known already$'
is "and all is well" "$rc/$err" "0/"

# Somebody without any key has seen this stick, and fills a file with envelopes for the same tag.
forge() { # FILE FORGED
    python3 - "$1" "$2" <<'FORGE'
import hashlib, os, sys
with open(sys.argv[1], "rb") as file:
    data = file.read()
head = data[18:73]  # of the first record: length 4, then field 1 of 55 bytes
assert data[16:18] == b"\x0a\x37"
out = data[:12]
while len(out) < (1 << 20) - 600:
    sealed = b"\x01" + os.urandom(199)
    one = b"\x0a\x37" + head[:23] + os.urandom(32) + b"\x12\xc8\x01" + sealed
    out += len(one).to_bytes(4, "big") + one
out += bytes(4)
with open(sys.argv[2], "wb") as file:
    file.write(out + hashlib.sha256(out).digest())
FORGE
}
forge "$stick/$file" "$stick/0000000000000022.wavu"
before=$SECONDS
run import "$stick" --json --home "$b"
echo "# forgeries held up an import for $((SECONDS - before)) s"
is "forgeries are tried so often" "$(grep -oE '"nobodys":[0-9]+' <<<"$out")" '"nobodys":256'
like "and what is true is read all the same" "$out" '"known":[2-9],'
like "the rest is said to be later" "$err" '^wavu: [0-9]+ could not be taken yet'
run import "$stick" --json --home "$b"
is "another import goes on behind them" "$(grep -oE '"nobodys":[0-9]+' <<<"$out")" '"nobodys":512'
rm -f "$stick/0000000000000022.wavu"
run dm "$amina" 'jibu' --home "$b"
rm -f "$stick"/*
carried() { # HOME: the answer, and receipts, which are sealed a moment after what they are for
    rm -f "$stick"/*
    run export --all "$stick" --home "$1"
    grep -qE '^[2-9] sealed messages are written' <<<"$out"
}
if within 10 carried "$b"; then ok "the answer is written, and receipts"; else not_ok "the answer is written" "$out$err"; fi
end "$pid"

# By the hand of Chiku, who reads nothing of it.
alone "$c"
run import "$stick" --home "$c"
like "a third one holds it" "$out" '^[0-9]+ new for you, [2-9] held for others, [0-9]+ known already$'
rm -f "$stick"/*
run export --for "$amina" "$stick" --home "$c"
like "and passes it on" "$out" '^[2-9] sealed messages are written'
end "$pid"

# Back at Amina's.
alone "$a"
run import "$stick" --home "$a"
is "it comes back" "$rc" 0
there "the answer is shown" 10 "$a" "$baraka" ': jibu$'
there "and the letter was delivered" 10 "$a" "$baraka" 'barua ya kwanza  \(delivered\)$'
there "both" 10 "$a" "$baraka" 'x{20000}  \(delivered\)$'
chmod a-w "$stick"
rm -rf "$work/other"
mkdir "$work/other"
run import "$work/other" --home "$a"
is "an empty stick" "$rc/$out" "0/no files of a stick are there; 'wavu export' writes them"
end "$pid"
is "it ends in good order" "$rc" 0
problem "without a node" 3 'no node runs' import "$stick" --home "$a"
plan
