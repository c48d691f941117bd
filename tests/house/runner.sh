#!/bin/sh
# tools/test.py counts what tests say, and believes no silence: it is run on programs that pass, fail, stop short, die and hang. TAP.
set -u

root=${WAVU_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT
mkdir -p "$made/tools" "$made/build/tests" "$made/tests/x"
cp "$root/tools/test.py" "$made/tools/"
count=0
failed=0

# program NAME: one more test program, its script on stdin.
program() {
    { echo '#!/bin/sh'; cat; } >"$made/build/tests/x_$1_test"
    chmod +x "$made/build/tests/x_$1_test"
    : >"$made/tests/x/$1_test.c"
}

# expect NAME EXIT LAST: the programs made since the last call give this exit code and last line.
expect() {
    count=$((count + 1))
    python3 "$made/tools/test.py" --units "$made/build" >"$made/out" 2>&1
    code=$?
    if [ $code = "$2" ] && [ "$(tail -n 1 "$made/out")" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        echo "# exit $code, wanted $2 and '$3'; it said:"
        sed 's/^/# /' "$made/out"
        failed=1
    fi
    rm -f "$made"/build/tests/* "$made"/tests/x/*
}

# says NAME WORDS: the last output holds WORDS.
says() {
    count=$((count + 1))
    if grep -qF -- "$2" "$made/out"; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        sed 's/^/# /' "$made/out"
        failed=1
    fi
}

program one <<'END'
printf '1..2\nok 1 - a\nok 2 - b\n'
END
program two <<'END'
printf 'ok - c\n'
END
expect "cases are added up" 0 "3 passed, 0 failed"

program one <<'END'
printf '1..2\nok 1 - a\nskipped: no such thing here\nnot ok 2 # SKIP b\n'
END
expect "a case that cmocka calls not ok and skipped is skipped" 0 "1 passed, 0 failed, 1 skipped"
program one <<'END'
printf '1..2\nok 1 - a\nwhat went wrong\nnot ok 2 - b\n'
exit 1
END
expect "a failed case fails the run" 1 "1 passed, 1 failed"
says "with all that the test said" "what went wrong"

program one <<'END'
printf '1..1\nnot ok 1 - a\n'
END
expect "a failed case counts although the program says all is well" 1 "0 passed, 1 failed"

program one <<'END'
printf '1..3\nok 1 - a\n'
END
expect "fewer cases than planned fail" 1 "1 passed, 1 failed"

program one <<'END'
printf '1..1\nok 1 - a\n'
exit 3
END
expect "a bad exit fails although each case passed" 1 "1 passed, 1 failed"

program one <<'END'
printf '1..2\nok 1 - a\n'
kill -SEGV $$
END
expect "a crash fails" 1 "1 passed, 1 failed"

program one <<'END'
exit 0
END
expect "silence fails" 1 "0 passed, 1 failed"

program one <<'END'
printf '1..2\nok 1 - a\nok 2 - b # SKIP no radio here\n'
END
expect "a skip is counted" 0 "1 passed, 0 failed, 1 skipped"
says "with its reason" "skipped b: no radio here"

program one <<'END'
printf '1..1\nok 1 - b # SKIP\n'
END
expect "a skip without a reason fails" 1 "0 passed, 1 failed"

program one <<'END'
printf '1..2\nok 1 - a\nno ptrace for you\nok 2 # SKIP b\n'
END
expect "a skip as cmocka writes it" 0 "1 passed, 0 failed, 1 skipped"
says "its reason is the line before" "skipped b: no ptrace for you"

sed -i 's/^UNIT_SECONDS = .*/UNIT_SECONDS = 1/' "$made/tools/test.py"
program one <<'END'
printf '1..2\nok 1 - a\n'
sleep 60 &
wait
END
expect "a test that hangs is ended, with its children" 1 "1 passed, 1 failed"
says "and is told from the others" "not done after 1 s"

: >"$made/build/tests/x_gone_test"
chmod +x "$made/build/tests/x_gone_test"
program one <<'END'
printf '1..1\nok 1 - a\n'
END
expect "a program whose source has gone does not run" 0 "1 passed, 0 failed"

echo "1..$count"
exit $failed
