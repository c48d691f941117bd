/*
 * What was typed, or read from stdin, goes to the running node, which says it.
 */
#include "apps/wavu/cmd_say.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_history.h"
#include "apps/wavu/cmd_mention.h"
#include "apps/wavu/cmd_network.h"
#include "apps/term/say.h"
#include "base/duration.h"
#include "wavu/rooms.h"

/* What is to be done, by which option names the message that it is about. */
struct say_kind {
    const char *option; /* or a flag */
    const char *kind;
    bool takes_text;
};

static const struct say_kind kinds[] = {
    {"edit", "edit", true},
    {"delete", "delete", false},
    {"react", "reaction", true},
    {"action", "action", true},
};

/* The text of stdin, one newline at its end dropped. Returns 0, or an exit code after a sentence.
 */
static int cmd_say_read(char text[WAVU_TEXT_MAX + 1], size_t *len)
{
    *len = fread(text, 1, WAVU_TEXT_MAX + 1, stdin);
    if (ferror(stdin)) {
        return say_problem(SAY_FAILURE, "stdin cannot be read");
    }
    if (*len > WAVU_TEXT_MAX) {
        return say_problem(SAY_USAGE, "that is longer than %d bytes; send it as a file",
                           WAVU_TEXT_MAX);
    }
    if (memchr(text, '\0', *len) != NULL) {
        return say_problem(SAY_USAGE, "what comes from stdin has a NUL, so it is no text; send it "
                                      "as a file: wavu file send PATH");
    }
    *len -= *len > 0 && text[*len - 1] == '\n' ? 1 : 0;
    return 0;
}

/* Which of them was asked for; none twice. */
static int cmd_say_kind(const struct call *call, const struct say_kind **out)
{
    *out = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!args_has(&call->args, kinds[i].option)) {
            continue;
        }
        if (*out != NULL) {
            return say_problem(SAY_USAGE, "--%s and --%s do not go together", (*out)->option,
                               kinds[i].option);
        }
        *out = &kinds[i];
    }
    bool takes_text = *out == NULL || (*out)->takes_text;
    if (takes_text != (call->args.word_count == 1)) {
        return say_problem(SAY_USAGE, takes_text ? "say what? 'wavu say --help' shows how"
                                                 : "--delete takes no text");
    }
    return 0;
}

static int cmd_say_expiry(const struct call *call, uint64_t *seconds)
{
    const char *text = args_value(&call->args, "expire");
    uint64_t ms = 0;
    if (text != NULL && (duration_parse(text, &ms) < 0 || ms < 1000)) {
        return say_problem(SAY_USAGE, "--expire takes a time such as 30s, 24h or 7d, not '%.32s'",
                           text);
    }
    *seconds = ms / 1000;
    return 0;
}

/* Put the message that `part` (NULL: none) begins the id of at `key` of `params`. */
static int cmd_say_about(const struct call *call, const char *part, const char *key, json_t *params)
{
    json_t *id = NULL;
    if (part == NULL) {
        return 0;
    }
    json_t *look = json_pack("{s:s*,s:s*}", "room", args_value(&call->args, "room"), "network",
                             args_value(&call->args, "network"));
    /* A whole id may be of an older message than those that a part is looked for among. */
    int code = strlen(part) < WAVU_KEY_TEXT_MAX - 1 ? cmd_history_find(call, look, part, &id) : 0;
    if (code == 0) {
        (void)json_object_set_new(params, key, id != NULL ? json_incref(id) : json_string(part));
    }
    json_decref(look);
    json_decref(id);
    return code;
}

static int cmd_say_send(const struct call *call, const struct say_kind *kind, const char *text,
                        size_t len)
{
    uint64_t expiry_s = 0;
    json_t *result = NULL;
    int code = cmd_say_expiry(call, &expiry_s);
    if (code != 0) {
        return code;
    }
    json_t *words = text == NULL ? json_null() : json_stringn(text, len);
    if (words == NULL) {
        return say_problem(SAY_USAGE, "the text is not UTF-8");
    }
    const struct args *args = &call->args;
    json_t *params =
        json_pack("{s:o,s:s,s:s*,s:s*,s:I}", "text", words, "kind",
                  kind == NULL ? "text" : kind->kind, "room", args_value(args, "room"), "network",
                  args_value(args, "network"), "expiry", (json_int_t)expiry_s);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "an option's value is not UTF-8");
    }
    const char *target = kind == NULL ? NULL : args_value(args, kind->option);
    code = cmd_say_about(call, target, "target", params);
    code = code == 0 ? cmd_say_about(call, args_value(args, "reply"), "reply", params) : code;
    if (code == 0 && text != NULL && (kind == NULL || strcmp(kind->kind, "reaction") != 0)) {
        code = cmd_mention_put(call, span_of(text, len), params);
    }
    code = code == 0 ? cmd_ask_ready(call, "room.say", params, &result) : code;
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0 && isatty(STDOUT_FILENO)) {
        say_out("said, as %s\n", cmd_network_short(result, "message"));
    } else if (code == 0) {
        say_out("%s\n", cmd_ask_text(result, "message"));
    }
    if (code == 0) {
        cmd_network_warn(call, args_value(args, "network"));
    }
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_say_run(struct call *call)
{
    static char typed[WAVU_TEXT_MAX + 1];
    const struct say_kind *kind = NULL;
    const char *text = call->args.word_count > 0 ? call->args.words[0] : NULL;
    int code = cmd_say_kind(call, &kind);
    size_t len = text == NULL ? 0 : strlen(text);
    if (code == 0 && text != NULL && strcmp(text, "-") == 0) {
        code = cmd_say_read(typed, &len);
        text = typed;
    }
    code = code == 0 && text != NULL ? say_check_text("say", text, len) : code;
    return code != 0 ? code : cmd_say_send(call, kind, text, len);
}
