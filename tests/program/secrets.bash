# All that a home knows of people: what must not be in what strangers may read.

# secrets_of HOME...: a line each, as the program itself shows it: ids, keys, names, texts, addresses.
secrets_of() {
    local at question
    for at in "$@"; do
        for question in "status" "peers" "id" "members" "networks" "rooms" "chats" "contacts" "members --nodes" "history" "events --all --no-follow"; do
            # shellcheck disable=SC2086
            "$WAVU" $question --home "$at" --json 2>/dev/null
        done
    done | grep -oE '"[^"]{8,}"|[0-9a-f]{8,}|[0-9]{1,3}(\.[0-9]{1,3}){3}' | tr -d '"' |
        grep -vE '^[a-z]+([A-Z][a-z]*)*$|^(unreachable|refused|not invited|connection)' | awk 'length > 6' | sort -u # keys of the answers and words of the program are no secrets
}
