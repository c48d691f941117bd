/*
 * The running node is asked for the last messages, in pages from the newest back; they are shown
 * oldest first, as the node has them, or newest first where words are looked for.
 */
#include "apps/wavu/cmd_history.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/term/clean.h"
#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_network.h"
#include "apps/wavu/cmd_people.h"
#include "apps/term/say.h"
#include "base/mem.h"

#define CMD_HISTORY_MAX 50     /* without --max */
#define CMD_HISTORY_PAGE 500   /* of one question */
#define CMD_HISTORY_ABOUT 1000 /* messages among which the beginning of an id is looked up */
#define CMD_HISTORY_PART_MIN 6 /* digits of it */
#define CMD_HISTORY_MS_MAX INT64_C(253402300799000) /* the year 9999 */

/* ---- Names ---- */

/* What to call the member of that id, by the members of its network: names that look alike are told
 * apart there. Else the beginning of the id. */
static const char *cmd_history_name(const json_t *members, const char *id, char out[SAY_CLEAN_MAX])
{
    const char *nick = "";

    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i);
        const char *shown = cmd_ask_text(member, "shown");

        if (shown[0] != '\0' && strcmp(cmd_ask_text(member, "id"), id) == 0) {
            nick = shown;
        }
    }
    if (nick[0] == '\0') {
        (void)snprintf(out, SAY_CLEAN_MAX, "%.8s", id);
        return out;
    }
    return say_name(nick, ")", out);
}

/* ---- One message ---- */

static bool cmd_history_is(const json_t *message, const char *key)
{
    return json_is_true(json_object_get(message, key));
}

/* By its author's clock, in local time. */
static void cmd_history_print_time(const json_t *message)
{
    const uint64_t ms = cmd_ask_count(message, "unixMs");
    const time_t at = (time_t)(ms / 1000);
    struct tm local;
    char text[32] = "-";

    if (ms > 0 && ms < CMD_HISTORY_MS_MAX && localtime_r(&at, &local) != NULL) {
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
    }
    say_out("%-16s  ", text);
}

/* A text of any length; its own lines stand below each other, indented, so that none can pass for
 * another message. */
static void cmd_history_print_text(const char *text)
{
    const size_t len = strlen(text);
    char *clean = mem_new_raw(CLEAN_TAB * len + 1);

    (void)clean_text(clean, CLEAN_TAB * len + 1, text, len, CLEAN_TEXT);
    const char *from = clean;

    for (const char *end = strchr(from, '\n'); end != NULL; end = strchr(from, '\n')) {
        say_out("%.*s\n    ", (int)(end - from), from);
        from = end + 1;
    }
    say_out("%s", from);
    mem_free(clean);
}

/* "  [+ 2, x]": what was reacted with, and by how many when by more than one. */
static void cmd_history_print_reactions(const json_t *message)
{
    const json_t *reactions = json_object_get(message, "reactions");
    char clean[SAY_CLEAN_MAX];

    for (size_t i = 0; i < json_array_size(reactions); i++) {
        const json_t *one = json_array_get(reactions, i);
        const uint64_t count = cmd_ask_count(one, "count");

        say_out("%s%s", i == 0 ? "  [" : ", ", say_clean(cmd_ask_text(one, "emoji"), clean));
        if (count > 1) {
            say_out(" %llu", (unsigned long long)count);
        }
    }
    say_out("%s", json_array_size(reactions) > 0 ? "]" : "");
}

static void cmd_history_print_marks(const json_t *message, const json_t *members)
{
    const char *state = cmd_ask_text(message, "state");
    const uint64_t receipts = cmd_ask_count(message, "receipts");
    char clean[SAY_CLEAN_MAX];

    if (cmd_history_is(message, "isEdited")) {
        say_out("  (edited)");
    }
    if (cmd_history_is(message, "isHidden")) {
        say_out("  (does not count: its author was put out)");
    }
    if (strcmp(state, "stored") == 0) {
        say_out("  (stored at %s)",
                cmd_history_name(members, cmd_ask_text(message, "holder"), clean));
    } else if (state[0] != '\0') {
        say_out("  (%s)", tongue(say_clean(state, clean)));
    } else if (receipts > 0) {
        say_out(tongue_many("  (%llu has it)", "  (%llu have it)", receipts),
                (unsigned long long)receipts);
    }
    cmd_history_print_reactions(message);
}

/* Who said it: "you" for who has set no name yet, where others see the beginning of an id. Others'
 * names cannot be read as more than one; what they do stands behind a space alone. */
static const char *cmd_history_author(const json_t *message, bool is_me, char out[SAY_CLEAN_MAX])
{
    const bool is_own = cmd_history_is(message, "isOwn");

    if (is_own && cmd_ask_text(message, "nick")[0] == '\0') {
        return tongue("you");
    }
    const char *shown = cmd_ask_text(message, "shown");

    return is_own ? say_clean(shown, out) : say_name(shown, is_me ? " " : "", out);
}

/* What is no text says in words what it is. */
static void cmd_history_print_kind(const char *kind, const char *text)
{
    char clean[SAY_CLEAN_MAX];
    const bool is_empty = text[0] == '\0';

    if (strcmp(kind, "room") == 0) {
        say_out(is_empty ? "(changed the room)" : "(made or changed the room) ");
    } else if (strcmp(kind, "sos") == 0) {
        say_out("(CALLS FOR HELP)%s", is_empty ? "" : " ");
    } else if (strcmp(kind, "sos over") == 0) {
        say_out("(needs no help any more)%s", is_empty ? "" : " ");
    } else if (strcmp(kind, "unknown") == 0) {
        say_out("(a message of a newer wavu)");
        return;
    } else {
        say_out("(%s)%s", say_clean(kind, clean), is_empty ? "" : " ");
    }
    cmd_history_print_text(text);
}

/* What a filter says of it; true when it hides it. */
static bool cmd_history_print_filter(const json_t *message)
{
    char clean[SAY_CLEAN_MAX];
    const char *filter = say_clean(cmd_ask_text(message, "filter"), clean);

    if (filter[0] == '\0') {
        return false;
    }
    if (cmd_history_is(message, "isFiltered")) {
        say_out("(hidden by the filter %s)\n", filter);
        return true;
    }
    say_out("(marked by the filter %s) ", filter);
    return false;
}

/* What blocked people say in rooms is one line, whatever it is. */
static void cmd_history_print_message(const json_t *message, const json_t *members, bool is_folded)
{
    char clean[SAY_CLEAN_MAX];
    const char *kind = cmd_ask_text(message, "kind");
    const bool is_me = strcmp(kind, "me") == 0;

    say_out("%-8s  ", cmd_network_short(message, "id"));
    cmd_history_print_time(message);
    say_out(is_me ? "* %s " : "%s: ", cmd_history_author(message, is_me, clean));
    if (is_folded) {
        say_out("(blocked)\n");
        return;
    }
    if (cmd_history_print_filter(message)) {
        return;
    }
    say_out("%s", cmd_history_is(message, "isMentioned") ? "(@you) " : "");
    if (cmd_ask_text(message, "about")[0] != '\0') {
        say_out("(to %s) ", cmd_network_short(message, "about"));
    }
    if (cmd_history_is(message, "isGone")) {
        say_out("(deleted, or it has ended)");
    } else if (strcmp(kind, "text") == 0 || is_me) {
        cmd_history_print_text(cmd_ask_text(message, "text"));
    } else {
        cmd_history_print_kind(kind, cmd_ask_text(message, "text"));
    }
    cmd_history_print_marks(message, members);
    say_out("\n");
}

/* ---- Asking ---- */

/* Up to `max` messages, in pages, into `all`. `params` gets what the pages need. */
static int cmd_history_collect(const struct call *call, json_t *params, uint64_t max, json_t *all)
{
    const bool is_search = json_object_get(params, "words") != NULL;
    bool is_more = true;
    int code = 0;

    while (code == 0 && is_more && json_array_size(all) < max) {
        json_t *result = NULL;
        const uint64_t left = max - json_array_size(all);

        (void)json_object_set_new(
            params, "max",
            json_integer((json_int_t)(left < CMD_HISTORY_PAGE ? left : CMD_HISTORY_PAGE)));
        code = cmd_ask(call, "history.look", params, &result);
        const json_t *page = json_object_get(result, "messages");
        const size_t count = json_array_size(page);

        for (size_t i = 0; i < count; i++) {
            json_t *one = json_array_get(page, is_search ? i : count - 1 - i);

            (void)json_array_append(all, one); /* newest first, both */
        }
        is_more = count > 0 && cmd_history_is(result, "isMore");
        if (is_more) {
            const json_t *last = json_array_get(all, json_array_size(all) - 1);

            (void)json_object_set(params, "before", json_object_get(last, "id"));
        }
        json_decref(result);
    }
    return code;
}

int cmd_history_find(const struct call *call, json_t *params, const char *part, json_t **id)
{
    char clean[SAY_CLEAN_MAX];
    json_t *all = json_array();
    json_t *asked = json_deep_copy(params);
    size_t count = 0;
    int code = strlen(part) < CMD_HISTORY_PART_MIN
                   ? say_problem(SAY_USAGE,
                                 "a message is named by its id, or by the first %d digits or more",
                                 CMD_HISTORY_PART_MIN)
                   : cmd_history_collect(call, asked, CMD_HISTORY_ABOUT, all);

    *id = NULL;
    for (size_t i = 0; code == 0 && i < json_array_size(all); i++) {
        json_t *one = json_object_get(json_array_get(all, i), "id");
        const char *text = json_string_value(one);

        if (text != NULL && strncmp(text, part, strlen(part)) == 0) {
            *id = one;
            count++;
        }
    }
    if (code == 0 && count == 0) {
        code = say_problem(SAY_NOT_FOUND,
                           "none of the last %d messages there has an id that begins with '%s'; "
                           "'wavu history' shows them",
                           CMD_HISTORY_ABOUT, say_clean(part, clean));
    } else if (code == 0 && count > 1) {
        code = say_problem(SAY_USAGE,
                           "several of the last %d messages there have an id that begins with "
                           "'%s'; type more of it: 'wavu history --json' shows all of them",
                           CMD_HISTORY_ABOUT, say_clean(part, clean));
    }
    *id = code == 0 ? json_incref(*id) : NULL;
    json_decref(all);
    json_decref(asked);
    return code;
}

/* What is shown of a chat was read. */
static int cmd_history_read(const struct call *call, const json_t *member)
{
    json_t *result = NULL;
    json_t *chats = NULL;
    const char *network = cmd_people_network(call, member);
    json_t *params =
        json_pack("{s:O,s:s*}", "member", json_object_get(member, "id"), "network", network);
    json_t *of = json_pack("{s:s*}", "network", network);
    bool is_unread = false;
    int code = cmd_ask(call, "direct.chats", of, &chats);
    const json_t *list = json_object_get(chats, "chats");

    for (size_t i = 0; code == 0 && i < json_array_size(list); i++) {
        const json_t *chat = json_array_get(list, i);

        is_unread =
            is_unread || (cmd_ask_count(chat, "unread") > 0 &&
                          strcmp(cmd_ask_text(chat, "member"), cmd_ask_text(member, "id")) == 0);
    }
    if (code == 0 && is_unread) {
        code = cmd_ask(call, "direct.read", params, &result);
    }
    json_decref(params);
    json_decref(of);
    json_decref(chats);
    json_decref(result);
    return code;
}

/* What is shown of a room counts as read. */
static int cmd_history_read_room(const struct call *call)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:s*,s:s*}", "room", args_value(&call->args, "room"), "network",
                               args_value(&call->args, "network"));
    int code = cmd_ask(call, "room.read", params, &result);
    json_decref(params);
    json_decref(result);
    return code;
}

static int cmd_history_print(const struct call *call, const json_t *member, const json_t *shown)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:s*}", "network", cmd_people_network(call, member));
    const bool is_room = member == NULL;
    int code = json_array_size(shown) > 0 ? cmd_ask(call, "network.members", params, &result) : 0;

    for (size_t i = 0; code == 0 && i < json_array_size(shown); i++) {
        const json_t *message = json_array_get(shown, i);

        cmd_history_print_message(message, json_object_get(result, "members"),
                                  is_room && cmd_history_is(message, "isBlocked"));
    }
    json_decref(params);
    json_decref(result);
    return code;
}

static int cmd_history_show(const struct call *call, const json_t *member, const json_t *all)
{
    const bool is_search = args_value(&call->args, "search") != NULL;
    const size_t count = json_array_size(all);
    json_t *shown = json_array();

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append(shown, json_array_get(all, is_search ? i : count - 1 - i));
    }
    int code = 0;

    if (call->is_json) {
        json_t *result = json_pack("{s:O}", "messages", shown);

        code = cmd_ask_print_json(result);
        json_decref(result);
    } else if (count == 0) {
        say_out("%s\n", is_search ? tongue("no message there has all of these words")
                                  : tongue("nothing was said there yet that can be read here"));
    } else {
        code = cmd_history_print(call, member, shown);
    }
    json_decref(shown);
    return code;
}

int cmd_history_run(struct call *call)
{
    const char *room = args_value(&call->args, "room");
    const char *with = args_value(&call->args, "with");
    const char *words = args_value(&call->args, "search");
    uint64_t max = CMD_HISTORY_MAX;
    json_t *member = NULL;
    json_t *all = json_array();
    int code = 0;

    if (room != NULL && with != NULL) {
        code = say_problem(SAY_USAGE, "--room and --with are two different places; say one");
    } else if (!args_number(&call->args, "max", 1, 100000, &max)) {
        code = say_problem(SAY_USAGE, "%s", call->args.problem);
    } else if (with != NULL) {
        code = cmd_people_find(call, args_value(&call->args, "network"), with, &member);
    }
    json_t *params =
        json_pack("{s:s*,s:s*,s:s*,s:O*}", "network", cmd_people_network(call, member), "room",
                  room, "words", words, "member", json_object_get(member, "id"));

    if (code == 0 && params == NULL) {
        code = say_problem(SAY_USAGE, "names and words are text in UTF-8");
    }
    code = code == 0 ? cmd_history_collect(call, params, max, all) : code;
    code = code == 0 ? cmd_history_show(call, member, all) : code;
    if (code == 0 && words == NULL && !args_has(&call->args, "peek")) {
        code = member != NULL ? cmd_history_read(call, member) : cmd_history_read_room(call);
    }
    json_decref(params);
    json_decref(all);
    json_decref(member);
    return code;
}
