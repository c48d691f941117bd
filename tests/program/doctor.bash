# What the tests of wavu doctor share: asking it, and one line of what it found.

doctor() { run doctor --home "$1" "${@:2}"; }
line_of() { # NAME: what was found, on one line
    awk -v name="$1" 'substr($0, 1, 1) != " " { mine = ($2 == name) } mine { printf "%s ", $0 }' <<<"$out" | tr -s ' '
}
finds() { # TEXT CODE NAME REGEX
    if [ "$rc" -eq "$2" ] && grep -qE -- "$4" <<<"$(line_of "$3")"; then
        ok "$1"
    else
        not_ok "$1" "exit code $rc (expected $2); '$(line_of "$3")' (expected /$4/)"$'\n'"$out$err"
    fi
}
