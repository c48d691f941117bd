#!/usr/bin/env bash
# Languages: catalogues are whole, the environment chooses, programs read English, and nothing said is left out.
. "$(dirname "$0")/common.bash"

po=$root/po
moved=$work/moved
mkdir -p "$moved/bin"
cp "$WAVU" "$moved/bin/wavu"
if ! command -v msgfmt >/dev/null; then
    skip "languages" "msgfmt is missing"
    plan
    exit 0
fi

in_tongue() { # LANG [LANGUAGE=...] ARGUMENT...: the moved program in that environment
    local lang=$1
    shift
    env -u LC_ALL -u LC_MESSAGES LANG="$lang" "$moved/bin/wavu" "$@" 2>&1 </dev/null
}

left_out() { # what stands outside of the pseudo catalogue's marks and has words
    python3 -c '
import re, sys
text = sys.stdin.read()
while True:
    less = re.sub("⟦[^⟦⟧]*⟧", "", text)
    if less == text:
        break
    text = less
# Names of the chat, of commands with their words, values of options, and ids are of no language.
for line in text.splitlines():
    line = re.sub(r"^(  |-- )?(wavu[: ]|/|-)?.*[|\[\]].*$|^wavu: *$|savanna|plans|Amina|\S{30,}", "", line)
    if re.search(r"[a-z]{2,} (a )?[a-z]{2,}", line):
        print(line)'
}

if command -v xgettext >/dev/null; then
    is "po/wavu.pot is that of the sources" "$(python3 "$root/tools/tongue.py" --check 2>&1)" ""
else
    skip "po/wavu.pot is that of the sources" "xgettext is missing"
fi
is "there are Spanish, French and Swahili" "$(cd "$po" && echo *.po)" "es.po fr.po sw.po"
for catalogue in "$po"/*.po; do
    language=$(basename "$catalogue" .po)
    mkdir -p "$moved/share/locale/$language/LC_MESSAGES"
    seen=$(LC_ALL=C msgfmt --check-format --check-header --statistics \
        -o "$moved/share/locale/$language/LC_MESSAGES/wavu.mo" "$catalogue" 2>&1)
    like "$language is whole" "$seen" '^[0-9]+ translated messages?\.$'
    is "$language has the texts of the sources" \
        "$(msgcmp --use-untranslated "$catalogue" "$po/wavu.pot" 2>&1)" ""
    help=$(in_tongue C.UTF-8 help)
    other=$(in_tongue "${language}_XX.UTF-8" help)
    if [ "$help" != "$other" ]; then ok "$language without its locale"; else not_ok "$language without its locale"; fi
    is "LANGUAGE goes before: $language" "$(LANGUAGE=$language in_tongue C.UTF-8 help)" "$other"
    is "$language: JSON is the same" "$(in_tongue "${language}_XX.UTF-8" help --json)" "$(in_tongue C.UTF-8 help --json)"
    in_tongue C.UTF-8 hlep >english
    english=$?
    in_tongue "${language}_XX.UTF-8" hlep >translated
    is "$language: exit codes are the same" "$?" "$english"
    if cmp -s english translated; then not_ok "$language: what is wrong"; else ok "$language: what is wrong"; fi
done

# A language in which every text stands in marks: what is outside of them is not looked up.
mkdir -p "$moved/share/locale/zu/LC_MESSAGES"
python3 "$root/tests/support/tongue_pseudo.py" "$po/wavu.pot" >zu.po
if msgfmt -o "$moved/share/locale/zu/LC_MESSAGES/wavu.mo" zu.po 2>msgfmt.err; then
    ok "the marked catalogue"
else
    not_ok "the marked catalogue" "$(cat msgfmt.err)"
fi
Z=zu_ZA.UTF-8
for command in $(in_tongue C help --json | python3 -c 'import json, sys
print(*[c["name"] for c in json.load(sys.stdin)["commands"]])') ""; do
    seen=$(in_tongue $Z help $command | left_out)
    [ -z "$seen" ] || not_ok "help $command is looked up" "$seen"
done
ok "help is looked up"
is "without a node" "$(in_tongue $Z status | left_out)" ""
up
like "the node is asked" "$(WAVU_HOME=$home env -u LC_ALL LANG=$Z "$moved/bin/wavu" status)" '⟦version'
for line in "status" "nick Amina" "create savanna" "members" "networks" "rooms" "invite --no-wait" "say habari" \
    "history" "room make plans --topic x" "rooms" "join 7-apple-river-stone" "contacts" "peers" "chats" \
    "dm nobody x" "file list" "sos status" "sos call x" "verify nobody" "revoke nobody" "module list" "topology" \
    "shell help" "leave --dry-run" "say --bogus" "doctor" "reload" "wipe --dry-run"; do
    # shellcheck disable=SC2086
    seen=$(WAVU_HOME=$home timeout 20 env -u LC_ALL LANG=$Z "$moved/bin/wavu" $line 2>&1 </dev/null | left_out)
    is "'$line' is looked up" "$seen" ""
done
is "the chat is looked up" "$(printf '%s\n' /help /members /status /networks /id /room /x /invite hi '/search zz' /quit |
    WAVU_HOME=$home timeout 20 env -u LC_ALL LANG=$Z "$moved/bin/wavu" chat --plain 2>&1 | left_out)" ""
for line in "status" "members" "rooms" "history"; do
    seen=$(WAVU_HOME=$home env -u LC_ALL LANG=$Z "$moved/bin/wavu" $line --json 2>&1 | grep -c '⟦')
    is "'$line --json' is English" "$seen" 0
done
plan
