/*
 * Direct chats on the command line: whom a typed name means is asked first, and never guessed.
 */
#include "apps/wavu/cmd_direct.h"

#include <jansson.h>
#include <string.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_history.h"
#include "apps/wavu/cmd_network.h"
#include "apps/wavu/cmd_people.h"
#include "apps/term/say.h"
#include "base/duration.h"

/* ---- Saying ---- */

/* What is said about another message: the option that names it, and the kind that it makes. */
struct direct_about {
    const char *option;
    const char *kind;
};

static const struct direct_about abouts[] = {
    {"reply", NULL}, {"edit", "edit"}, {"delete", "delete"}, {"react", "reaction"}};

/* The one option of those that was given; NULL: none. False after a sentence. */
static bool cmd_direct_about(const struct call *call, const struct direct_about **about)
{
    *about = NULL;
    for (size_t i = 0; i < sizeof abouts / sizeof abouts[0]; i++) {
        if (!args_has(&call->args, abouts[i].option)) {
            continue;
        }
        if (*about != NULL) {
            (void)say_problem(SAY_USAGE, "--%s and --%s do not go together", (*about)->option,
                              abouts[i].option);
            return false;
        }
        *about = &abouts[i];
    }
    return true;
}

/* The seconds of --expire; 0: it was not given. False after a sentence. */
static bool cmd_direct_seconds(const struct call *call, uint64_t *seconds)
{
    const char *text = args_value(&call->args, "expire");
    uint64_t ms = 0;

    *seconds = 0;
    if (text == NULL) {
        return true;
    }
    if (duration_parse(text, &ms) < 0 || ms < 1000) {
        (void)say_problem(SAY_USAGE, "--expire takes a time such as 30s, 24h or 7d, not '%.32s'",
                          text);
        return false;
    }
    *seconds = ms / 1000;
    return true;
}

static int cmd_direct_send(const struct call *call, const json_t *member, json_t *params)
{
    char clean[SAY_CLEAN_MAX];
    json_t *result = NULL;
    int code = cmd_ask(call, "direct.say", params, &result);

    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        const char *name = cmd_ask_text(member, "shown");

        char id[16];

        (void)snprintf(id, sizeof id, "%s", cmd_network_short(result, "id"));
        say_out("%s is kept for %s until it is there; 'wavu history --with %.8s' tells\n", id,
                name[0] != '\0' ? say_clean(name, clean) : cmd_network_short(member, "id"),
                cmd_ask_text(member, "id"));
    }
    if (code == 0) {
        cmd_network_warn(call, cmd_people_network(call, member));
    }
    json_decref(result);
    return code;
}

/* The message that it is about, into `params`. */
static int cmd_direct_find(const struct call *call, const json_t *member,
                           const struct direct_about *about, json_t *params)
{
    json_t *id = NULL;
    json_t *look = json_pack("{s:O,s:s*}", "member", json_object_get(member, "id"), "network",
                             cmd_people_network(call, member));
    int code = cmd_history_find(call, look, args_value(&call->args, about->option), &id);

    if (code == 0) {
        (void)json_object_set(params, "about", id);
    }
    json_decref(look);
    json_decref(id);
    return code;
}

int cmd_direct_say_run(struct call *call)
{
    const char *text = call->args.word_count > 1 ? call->args.words[1] : NULL;
    const struct direct_about *about = NULL;
    uint64_t seconds = 0;
    json_t *member = NULL;

    if (!cmd_direct_about(call, &about) || !cmd_direct_seconds(call, &seconds)) {
        return SAY_USAGE;
    }
    const char *kind = about != NULL && about->kind != NULL ? about->kind
                       : args_has(&call->args, "me")        ? "me"
                                                            : "text";
    const bool is_deletion = strcmp(kind, "delete") == 0;

    if (is_deletion != (text == NULL)) {
        return say_problem(SAY_USAGE, is_deletion ? "a deletion says nothing: leave TEXT out"
                                                  : "dm needs WHO and TEXT");
    }
    int code = text == NULL ? 0 : say_check_text("dm", text, strlen(text));

    code = code == 0 ? cmd_people_find(call, args_value(&call->args, "network"),
                                       call->args.words[0], &member)
                     : code;
    code = code == 0 && !is_deletion ? cmd_people_hears(member) : code; /* that wants no answer */
    if (code != 0) {
        json_decref(member);
        return code;
    }
    json_t *params = json_pack("{s:O,s:s*,s:s,s:s*,s:I}", "member", json_object_get(member, "id"),
                               "network", cmd_people_network(call, member), "kind", kind, "text",
                               text, "seconds", (json_int_t)seconds);

    code = params == NULL ? say_problem(SAY_USAGE, "what is said is text in UTF-8") : 0;
    code = code == 0 && about != NULL ? cmd_direct_find(call, member, about, params) : code;
    code = code == 0 ? cmd_direct_send(call, member, params) : code;
    json_decref(params);
    json_decref(member);
    return code;
}

/* ---- Chats ---- */

static void cmd_direct_print_chat(const json_t *chat, int width)
{
    char clean[SAY_CLEAN_MAX];
    const char *nick = cmd_ask_text(chat, "nick");

    say_out("%-8s  %6llu  %8llu  ", cmd_network_short(chat, "member"),
            (unsigned long long)cmd_ask_count(chat, "unread"),
            (unsigned long long)cmd_ask_count(chat, "messages"));
    if (width > 0) {
        say_out("%-*s  ", width, say_clean(cmd_ask_text(chat, "networkName"), clean));
    }
    say_out("%s%s%s\n", nick[0] != '\0' ? say_clean(nick, clean) : "-",
            json_is_true(json_object_get(chat, "isOpen")) ? "" : tongue("  (cannot be written to)"),
            json_is_true(json_object_get(chat, "isBlocked")) ? tongue("  (blocked)") : "");
}

static int cmd_direct_receipts(const struct call *call, const char *word)
{
    const bool is_on = strcmp(word, "on") == 0;
    json_t *result = NULL;

    if (!is_on && strcmp(word, "off") != 0) {
        return say_problem(SAY_USAGE, "--receipts takes on or off, not '%.32s'", word);
    }
    json_t *params =
        json_pack("{s:b,s:s*}", "on", is_on, "network", args_value(&call->args, "network"));
    int code = cmd_ask(call, "direct.receipts", params, &result);

    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        say_out(is_on ? "others are told what was read of theirs\n"
                      : "others are not told what was read of theirs\n");
    }
    json_decref(params);
    json_decref(result);
    return code;
}

static void cmd_direct_print_chats(const json_t *chats)
{
    const int width = cmd_network_width(chats);

    say_out("%-8s  %6s  %8s  ", "MEMBER", "UNREAD", "MESSAGES");
    if (width > 0) {
        say_out("%-*s  ", width, "NETWORK");
    }
    say_out("NAME\n");
    for (size_t i = 0; i < json_array_size(chats); i++) {
        cmd_direct_print_chat(json_array_get(chats, i), width);
    }
}

int cmd_direct_chats_run(struct call *call)
{
    const char *receipts = args_value(&call->args, "receipts");
    json_t *result = NULL;

    if (receipts != NULL) {
        return cmd_direct_receipts(call, receipts);
    }
    json_t *params = json_pack("{s:s*}", "network", args_value(&call->args, "network"));
    int code = cmd_ask(call, "direct.chats", params, &result);
    const json_t *chats = json_object_get(result, "chats");

    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0 && json_array_size(chats) == 0) {
        say_out("no direct chats yet; to begin one: wavu dm WHO TEXT\n");
    } else if (code == 0) {
        cmd_direct_print_chats(chats);
    }
    json_decref(params);
    json_decref(result);
    return code;
}
