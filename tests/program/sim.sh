#!/usr/bin/env bash
# wavu sim with the real engine: one seed gives one hash, results can be read by others, bad files are refused with a
# place, a failure's replay fails the same way, and many seeds give the same however many run at a time.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

cp "$root"/scenarios/*.toml "$work"

# sim ARGS...: as run, with more time.
sim() {
    timeout -k 1 200 "$WAVU" sim "$@" >"$work/.out" 2>"$work/.err" </dev/null
    rc=$?
    out=$(<"$work/.out")
    err=$(<"$work/.err")
}

hash_of() { sed -n 's/^  event hash  *//p' <<<"$1"; }

# The examples: short, and what they were read as is printed and read again.
for file in "$work"/*.toml; do
    name=$(basename "$file" .toml)
    lines=$(wc -l <"$file")
    if [ "$lines" -lt 40 ]; then ok "$name is short"; else not_ok "$name is short" "$lines lines"; fi
    sim "$file" --print
    is "$name can be read" "$rc $err" "0 "
    printf '%s\n' "$out" >"$work/printed"
    first=$out
    sim "$work/printed" --print
    is "$name: what is printed is read as the same" "$out" "$first"
done
is "all of them have been seen" "$(ls "$work"/*.toml | wc -l)" 8

# Small meshes, twice each.
for name in quiet lossy mass-crash churn hostile slow; do
    sim "$name.toml" --nodes 16 --seed 5 --no-shrink
    is "$name with 16 nodes passes" "$rc $err" "0 "
    first=$(hash_of "$out")
    like "$name has a hash" "$first" '^[0-9a-f]{16}$'
    like "$name says which cables" "$out" '^on (message|stream) cables: '
    sim "$name.toml" --nodes 16 --seed 5 --no-shrink
    is "$name once more: the same hash" "$(hash_of "$out")" "$first"
    sim "$name.toml" --nodes 16 --seed 6 --no-shrink
    if [ "$(hash_of "$out")" != "$first" ]; then ok "$name: another seed, another hash"; else not_ok "$name: another seed, another hash"; fi
done
sim --draw --seed 12
drawn=$out
like "a drawn scenario is printed" "$out" '^name = "drawn from 12"$'
sim --draw --seed 12
is "a seed draws and runs the same" "$(hash_of "$out")" "$(hash_of "$drawn")"
sim --draw --seed 12 --print
printf '%s\n' "$out" >drawn.toml
sim drawn.toml
is "and so does what it printed, as a file" "$(hash_of "$out")" "$(hash_of "$drawn")"

# A failure, planted by a scenario that gives no time to come together.
cat >short.toml <<'END'
name = "too short"
nodes = 30
join_time = "2s"
fault_time = "20s"
settle_time = "1ms"
senders = 0

[[fault]]
kind = "delay"
at = "3s"
amount = "20ms"

[[fault]]
kind = "partition"
at = "5s"
share = "1/2"
END
sim short.toml --json r.json --html r.html
is "what cannot be well in time fails" "$rc" 1
why=$(sed -n 's/^FAILED: \([^:]*\).*/\1/p' <<<"$out")
like "and says why" "$why" '[a-z]{3}'
like "it is shrunk" "$out" '^shrunk in [0-9]+ runs'
like "and says how to run it again" "$out" '^run it again: wavu sim too-short-1.replay.toml$'
sim too-short-1.replay.toml
is "the replay fails" "$rc" 1
like "for the same reason" "$out" "^FAILED: $why"
like "event for event" "$out" '^replay: the failure recorded, event for event$'
if [ "$(grep -c '^\[\[fault\]\]' too-short-1.replay.toml)" -lt 2 ]; then ok "it is smaller"; else not_ok "it is smaller" "$(<too-short-1.replay.toml)"; fi
sed -i 's/^hash = .*/hash = "0000000000000000"/' too-short-1.replay.toml
sim too-short-1.replay.toml
like "other events are noticed" "$out" '^replay: the check recorded fails, after other events'
sim short.toml --no-shrink --replay-to whole.toml
is "without shrinking the replay is the whole" "$(grep -c '^\[\[fault\]\]' whole.toml)" 2

if command -v python3 >/dev/null; then
    if python3 - <<'END'
import html.parser, json, sys, xml.dom.minidom
result = json.load(open("r.json"))
assert result["version"] == 1 and result["passed"] is False and result["why"], result["why"]
assert result["scenario"]["nodes"] == 30 and len(result["scenario"]["faults"]) == 2
assert result["shrunk"]["toml"] and result["replay"] == "too-short-1.replay.toml"
assert result["samples"] and all(s["at_ms"] <= result["virtual_ms"] for s in result["samples"])
page = xml.dom.minidom.parse("r.html")
assert len(page.getElementsByTagName("svg")) == 5
assert not page.getElementsByTagName("script") and not page.getElementsByTagName("link")
text = open("r.html").read()
assert "http" not in text.replace("http://www.w3.org/", "") and "url(" not in text
html.parser.HTMLParser().feed(text)
END
    then ok "JSON and report are well-formed"; else not_ok "JSON and report are well-formed"; fi
    sim short.toml --no-shrink --json - --replay-to x.toml
    if python3 -c 'import json, sys; json.load(sys.stdin)' <<<"$out"; then ok "JSON on stdout is alone there"; else not_ok "JSON on stdout is alone there" "$out"; fi
else
    skip "JSON and report are well-formed" "there is no python3 to read them"
fi

# Bad files.
bad() { # NAME CODE REGEX TEXT
    printf '%b' "$4" >bad.toml
    problem "$1" "$2" "$3" sim bad.toml
}
bad "a mistyped key" 2 "bad.toml:2:1: there is no key 'nods'; did you mean nodes" '\nnods = 3'
bad "a value out of bounds" 2 'bad.toml:1:9: nodes takes a whole number from 2' 'nodes = 1'
bad "no TOML at all" 2 'bad.toml:1:1: ' '\x7fELF'
bad "a fault of no kind" 2 'bad.toml:2:1: the fault number 1 has no kind' '[[fault]]\nat = "1s"'
bad "a mistyped kind" 2 'bad.toml:2:8: .*did you mean "crash"' '[[fault]]\nkind = "crahs"\nat = "1s"'
bad "what these cables cannot do" 2 'bad.toml:3:1: fault 1: streams neither double nor reorder' 'cable = "stream"\n[[fault]]\nkind = "reorder"\nat = "1s"\namount = "1s"'
bad "an oversized file" 2 "'bad.toml' is longer than 1024 KiB" "$(head -c 1100000 /dev/zero | tr '\0' '#')"
problem "a file that is not there" 4 "'none.toml' cannot be read" sim none.toml
problem "a folder" 2 'cannot be read' sim "$work"
problem "a number of nodes that the faults forbid" 2 'does not go with these options: fault 4: its node is not there' sim hostile.toml --nodes 7

# Many seeds.
sim --seeds 6 --from 40 -j 1
is "six seeds pass" "$rc $err" "0 "
like "a summary" "$out" '^6 seeds from 40: 6 passed, 0 failed$'
first=$(sed -n 's/.*hash //p' <<<"$out")
sim --seeds 6 --from 40 -j 3
is "three at a time: the same" "$(sed -n 's/.*hash //p' <<<"$out")" "$first"

sim --seeds 3 --from 40 --cable whole
is "three seeds of whole nodes pass" "$rc $err" "0 "
like "whole they were" "$out" '^0 on message, 0 on stream cables, 3 of whole nodes$'

# Ctrl+C and SIGTERM stop it at once and in good order.
for how in "partition-10min.toml" "--seeds 500 -j 2"; do
    # shellcheck disable=SC2086
    "$WAVU" sim $how >"$work/.out" 2>"$work/.err" </dev/null &
    pid=$!
    started+=("$pid")
    within 5 pgrep -P "$pid"
    end "$pid"
    is "sim $how: stopped, exit code" "$rc" 1
    like "sim $how: one sentence" "$(<"$work/.err")" '^wavu: stopped after [0-9.]+ (s of virtual time|of 500 seeds)$'
done
plan
