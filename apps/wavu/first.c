/*
 * Node, name, network: each only where it is missing.
 */
#include "apps/wavu/first.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "apps/term/ask.h"
#include "apps/term/say.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/start_node.h"
#include "wavu/members.h"

/* Ask at the terminal; an empty line is an answer, too. */
static int first_ask_nick(const struct call *call)
{
    char line[4 * WAVU_NAME_MAX];
    json_t *result = NULL;
    say_out("What shall others call you? ");
    (void)say_flush();
    if (!ask_line(line, sizeof line) || line[0] == '\0') {
        return 0;
    }
    json_t *params = json_pack("{s:s}", "nick", line);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "a name is text in UTF-8");
    }
    int code = cmd_ask(call, "person.nick", params, &result);
    json_decref(params);
    json_decref(result);
    return code;
}

int first_ensure(const struct call *call)
{
    static const char *const words[] = {"--linger", FIRST_LINGER};
    return start_node_ensure(call, words, sizeof words / sizeof words[0], NULL);
}

int first_node(const struct call *call)
{
    json_t *result = NULL;
    int code = first_ensure(call);
    if (code != 0 || call->is_json || !ask_is_possible() || !isatty(STDOUT_FILENO)) {
        return code;
    }
    code = cmd_ask_ready(call, "person.nick", NULL, &result);
    if (code == 0 && !json_is_string(json_object_get(result, "nick"))) {
        code = first_ask_nick(call);
    }
    json_decref(result);
    return code;
}

int first_network(const struct call *call)
{
    char clean[SAY_CLEAN_MAX];
    json_t *result = NULL;
    int code = cmd_ask_ready(call, "network.first", NULL, &result);
    if (code == 0 && !call->is_json && json_is_true(json_object_get(result, "isMade"))) {
        say_hint("made a network for you: %s\n", say_clean(cmd_ask_text(result, "name"), clean));
    }
    json_decref(result);
    return code;
}
