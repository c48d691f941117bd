/*
 * Topics by questions to the running node, which is in them until it is told otherwise or ends.
 */
#include "apps/wavu/cmd_topic.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "apps/term/clean.h"
#include "apps/term/say.h"
#include "apps/wavu/cmd_ask.h"
#include "base/mem.h"

/* Ask for something that is done. True: it was, and is to be told in words. */
static bool cmd_topic_do(struct call *call, const char *method, json_t *params, int *code)
{
    json_t *result = NULL;
    if (params == NULL) {
        *code = say_problem(SAY_USAGE, "a text is UTF-8");
        return false;
    }
    *code = cmd_ask(call, method, params, &result);
    bool is_done = *code == 0;
    if (is_done && call->is_json) {
        *code = cmd_ask_print_json(result);
    }
    json_decref(params);
    json_decref(result);
    return is_done && !call->is_json;
}

static json_t *cmd_topic_named(const struct call *call)
{
    json_t *params = json_pack("{s:s}", "topic", call->args.words[1]);
    if (params != NULL && args_has(&call->args, "anonymous")) {
        (void)json_object_set_new(params, "isAnonymous", json_true());
    }
    return params;
}

static int cmd_topic_list(struct call *call)
{
    json_t *result = NULL;
    char clean[SAY_CLEAN_MAX];
    size_t i = 0;
    json_t *one = NULL;
    int code = cmd_ask(call, "topic.list", NULL, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        json_t *topics = json_object_get(result, "topics");
        if (json_array_size(topics) == 0) {
            say_out("in no topic; 'wavu topic join NAME' enters one\n");
        }
        json_array_foreach(topics, i, one)
        {
            say_out("%s  ", say_clean(cmd_ask_text(one, "topic"), clean));
            say_out("peers: %" PRIu64 "\n", cmd_ask_count(one, "peers"));
        }
    }
    json_decref(result);
    return code;
}

/* One event of the feed: a message of the topic that is read, or nothing. */
static bool cmd_topic_show(void *context, const json_t *event)
{
    const struct call *call = context;
    char clean[SAY_CLEAN_MAX];
    if (strcmp(cmd_ask_text(event, "event"), "topic") != 0 ||
        strcmp(cmd_ask_text(event, "topic"), call->args.words[1]) != 0) {
        return false;
    }
    if (call->is_json) {
        return cmd_ask_print_json(event) != 0;
    }
    const char *from = cmd_ask_text(event, "from");
    const char *text = cmd_ask_text(event, "text");
    size_t len = strlen(text);
    char *shown = mem_new_raw(CLEAN_TAB * len + 1);
    (void)clean_text(shown, CLEAN_TAB * len + 1, text, len, CLEAN_TEXT);
    say_out("%s: ", say_clean(from[0] != '\0' ? from : "-", clean));
    say_out("%s\n", shown);
    mem_free(shown);
    return false;
}

static int cmd_topic_read(struct call *call)
{
    json_t *result = NULL;
    json_t *params = cmd_topic_named(call);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "a text is UTF-8");
    }
    int code = cmd_ask(call, "topic.join", params, &result);
    if (code == 0) {
        code = cmd_ask_events(call, cmd_ask_count(result, "after"), cmd_topic_show, call);
    }
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_topic_run(struct call *call)
{
    const char *const *words = call->args.words;
    size_t count = call->args.word_count;
    char clean[SAY_CLEAN_MAX];
    int code = 0;
    if (count == 1 && strcmp(words[0], "list") == 0) {
        return cmd_topic_list(call);
    }
    if (count == 2 && strcmp(words[0], "read") == 0) {
        return cmd_topic_read(call);
    }
    if (count == 2 && strcmp(words[0], "join") == 0) {
        if (cmd_topic_do(call, "topic.join", cmd_topic_named(call), &code)) {
            say_out("in topic %s now; 'wavu topic read' shows what is said there\n",
                    say_clean(words[1], clean));
        }
        return code;
    }
    if (count == 2 && strcmp(words[0], "leave") == 0) {
        if (cmd_topic_do(call, "topic.leave", cmd_topic_named(call), &code)) {
            say_out("in topic %s no more\n", say_clean(words[1], clean));
        }
        return code;
    }
    if (count == 3 && strcmp(words[0], "publish") == 0) {
        (void)cmd_topic_do(call, "topic.publish",
                           json_pack("{s:s,s:s}", "topic", words[1], "text", words[2]), &code);
        return code;
    }
    return say_problem(SAY_USAGE, "topic takes join NAME, read NAME, leave NAME, publish NAME TEXT "
                                  "or list");
}
