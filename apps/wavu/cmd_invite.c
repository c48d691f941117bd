/*
 * The running node opens a code; it is shown, and then the node's events say what becomes of it.
 */
#include "apps/wavu/cmd_invite.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/first.h"
#include "apps/term/qr_blocks.h"
#include "apps/term/say.h"
#include "wavu/members.h"

#define CMD_INVITE_MINUTE_MS 60000
#define CMD_INVITE_LOOKS 75 /* whether a newcomer is in: 15 s with the pause */

static const struct timespec cmd_invite_pause = {.tv_nsec = 200 * 1000000L};

/* Waiting for the end of a code. */
struct invite_watch {
    const struct call *call;
    int code; /* the exit code, once it is over */
    char network[WAVU_KEY_TEXT_MAX];
    char member[WAVU_KEY_TEXT_MAX]; /* who is invited by the code; "": nobody yet */
    char name[SAY_CLEAN_MAX];
};

static int cmd_invite_closed(const char *reason)
{
    if (strcmp(reason, "used") == 0) {
        return SAY_OK;
    }
    if (strcmp(reason, "expired") == 0) {
        return say_problem(SAY_TIMEOUT, "the code has expired, and nobody has used it; 'wavu "
                                        "invite' makes a new one");
    }
    if (strcmp(reason, "wrong codes") == 0) {
        return say_problem(SAY_DENIED, "too many wrong codes were tried, so the code is closed; "
                                       "'wavu invite' makes a new one");
    }
    return say_problem(SAY_FAILURE, "the code was withdrawn; 'wavu invite' makes a new one");
}

static void cmd_invite_tell(const char *kind, const json_t *event)
{
    char clean[SAY_CLEAN_MAX];
    const char *name = cmd_ask_text(event, "name");
    uint64_t left = cmd_ask_count(event, "left");
    if (strcmp(kind, "codeTry") == 0 && left > 0) {
        say_hint("somebody tried a wrong code; after %llu more this one is closed\n",
                 (unsigned long long)left);
    } else if (strcmp(kind, "codeTry") == 0) {
        say_hint("somebody tried a wrong code\n");
    } else if (strcmp(kind, "codeBusy") == 0) {
        say_hint("many try codes here at once; some are turned away for a while\n");
    } else if (strcmp(kind, "newcomer") == 0) {
        say_hint("%s knows the code and is invited\n",
                 name[0] != '\0' ? say_name(name, " ", clean) : tongue("somebody without a name"));
    }
}

static void cmd_invite_note(struct invite_watch *watch, const json_t *event)
{
    const char *name = cmd_ask_text(event, "name");
    (void)snprintf(watch->network, sizeof watch->network, "%s", cmd_ask_text(event, "network"));
    (void)snprintf(watch->member, sizeof watch->member, "%s", cmd_ask_text(event, "member"));
    if (name[0] != '\0') {
        (void)say_name(name, " ", watch->name);
    } else {
        (void)snprintf(watch->name, sizeof watch->name, "%s", tongue("somebody without a name"));
    }
}

/* Does who was invited belong by now? Its answer, or an exit code after a sentence. */
static int cmd_invite_look(const struct invite_watch *watch, bool *is_in)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:s}", "network", watch->network);
    int code = cmd_ask(watch->call, "network.members", params, &result);
    const json_t *members = json_object_get(result, "members");
    for (size_t i = 0; code == 0 && i < json_array_size(members); i++) {
        const json_t *one = json_array_get(members, i);
        *is_in = *is_in || (strcmp(cmd_ask_text(one, "id"), watch->member) == 0 &&
                            strcmp(cmd_ask_text(one, "standing"), "member") == 0);
    }
    json_decref(params);
    json_decref(result);
    return code;
}

/* The code was used: wait until who used it is in, for a while. */
static int cmd_invite_arrival(const struct invite_watch *watch)
{
    bool is_in = false;
    int code = say_flush() ? 0 : SAY_FAILURE;
    for (int i = 0; i < CMD_INVITE_LOOKS && code == 0 && !is_in; i++) {
        if (i > 0) {
            (void)nanosleep(&cmd_invite_pause, NULL);
        }
        code = cmd_invite_look(watch, &is_in);
    }
    if (code == 0 && is_in) {
        say_hint("%s is in now; 'wavu' opens the chat\n", watch->name);
    } else if (code == 0) {
        say_hint("%s has not come in yet; 'wavu members' shows when\n", watch->name);
    }
    return code;
}

static bool cmd_invite_on_event(void *context, const json_t *event)
{
    static const char *const kinds[] = {"codeTry", "codeBusy", "newcomer", "codeClosed"};
    struct invite_watch *watch = context;
    const char *kind = cmd_ask_text(event, "event");
    bool is_ours = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        is_ours = is_ours || strcmp(kind, kinds[i]) == 0;
    }
    if (is_ours && watch->call->is_json) {
        watch->code = cmd_ask_print_json(event);
    } else if (is_ours) {
        cmd_invite_tell(kind, event);
    }
    if (strcmp(kind, "newcomer") == 0) {
        cmd_invite_note(watch, event);
    }
    if (strcmp(kind, "codeClosed") == 0) {
        watch->code = cmd_invite_closed(cmd_ask_text(event, "reason"));
        return true;
    }
    return watch->code != 0;
}

/* Columns of the terminal that is written to; 0: it is none. */
static size_t cmd_invite_columns(void)
{
    struct winsize size = {.ws_col = 0};
    bool is_terminal = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return is_terminal ? size.ws_col : 0;
}

/* As a picture, where there is room for it. It holds the code, so nothing of it stays behind. */
static void cmd_invite_print_qr(const char *text)
{
    static char picture[QR_BLOCKS_TEXT_MAX];
    size_t columns = cmd_invite_columns();
    if (columns > 0 && qr_blocks_write(picture, sizeof picture, text, columns)) {
        say_out("\n%s\n", picture);
    }
    explicit_bzero(picture, sizeof picture);
}

static void cmd_invite_print(const json_t *result, bool is_waiting)
{
    char code[SAY_CLEAN_MAX];
    char clean[SAY_CLEAN_MAX];
    unsigned long long minutes = cmd_ask_count(result, "openMs") / CMD_INVITE_MINUTE_MS;
    (void)say_clean(cmd_ask_text(result, "code"), code);
    if (say_is_quiet()) {
        say_out("%s\n", code);
        return;
    }
    /* The words come last: a QR is as high as a small screen. */
    (void)say_clean(cmd_ask_text(result, "qr"), clean);
    cmd_invite_print_qr(clean);
    say_out("What a QR shows (it holds the code, too):\n%s\n", clean);
    say_out("\n    %s\n\n", code);
    say_out("This code lets one newcomer in, within %llu minutes. Tell it only to that one,\n"
            "who then types, on the same local network, or with an address of this node\n"
            "('wavu status' shows them):\n\n"
            "    wavu join %s\n    wavu join %s ADDRESS\n",
            minutes, code, code);
    if (is_waiting) {
        say_out("\nwaiting for the newcomer; Ctrl+C ends the waiting only, and\n"
                "'wavu invite --close' closes the code\n");
    }
}

/* The person of that key may join: say how. */
static int cmd_invite_key(const struct call *call, const char *key)
{
    json_t *result = NULL;
    json_t *id = NULL;
    json_t *params =
        json_pack("{s:s,s:s*}", "key", key, "network", args_value(&call->args, "network"));
    if (params == NULL) {
        return say_problem(SAY_USAGE, "a key is 64 hexadecimal digits");
    }
    int code = cmd_ask(call, "network.inviteKey", params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        code = cmd_ask(call, "node.id", NULL, &id);
        const json_t *addresses = json_object_get(id, "addresses");
        char clean[SAY_CLEAN_MAX];
        say_out("%s", code == 0 ? tongue("invited; the person of that key joins with\n") : "");
        for (size_t i = 0; i < json_array_size(addresses) && code == 0; i++) {
            const char *address = json_string_value(json_array_get(addresses, i));
            say_out("    wavu join --key %s\n", say_clean(address != NULL ? address : "", clean));
        }
    }
    json_decref(params);
    json_decref(result);
    json_decref(id);
    return code;
}

static int cmd_invite_close(const struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "network.inviteClose", NULL, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        say_out("no code is open any more\n");
    }
    json_decref(result);
    return code;
}

static int cmd_invite_open(const struct call *call, const char *language)
{
    bool is_waiting = !args_has(&call->args, "no-wait");
    struct invite_watch watch = {.call = call};
    json_t *result = NULL;
    json_t *params = json_pack("{s:s*,s:s*}", "network", args_value(&call->args, "network"),
                               "language", language);
    int code = cmd_ask(call, "network.invite", params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        cmd_invite_print(result, is_waiting);
    }
    code = code == 0 && !say_flush() ? SAY_FAILURE : code;
    if (code == 0 && is_waiting) {
        code = cmd_ask_events(call, cmd_ask_count(result, "after"), cmd_invite_on_event, &watch);
        code = code == 0 ? watch.code : code;
        if (code == 0 && !call->is_json && watch.member[0] != '\0') {
            code = cmd_invite_arrival(&watch);
        }
    }
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_invite_run(struct call *call)
{
    const char *key = args_value(&call->args, "key");
    const char *language = args_value(&call->args, "language");
    if (language != NULL && strcmp(language, "en") != 0 && strcmp(language, "sw") != 0) {
        return say_problem(SAY_USAGE, "--language takes en or sw, not '%.32s'", language);
    }
    if (args_has(&call->args, "close")) {
        return cmd_invite_close(call);
    }
    const bool is_told = !call->is_json && args_value(&call->args, "network") == NULL;
    int code = first_node(call);
    code = code == 0 && is_told ? first_network(call) : code;
    if (code != 0) {
        return code;
    }
    return key != NULL ? cmd_invite_key(call, key) : cmd_invite_open(call, language);
}
