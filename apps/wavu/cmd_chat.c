/*
 * A node where none runs, with what the command line says of it; then the chat on it.
 */
#include "apps/wavu/cmd_chat.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/talk/plain.h"
#include "apps/term/say.h"
#include "apps/wavu/chat_screen.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/settings/home.h"
#include "apps/wavu/start_node.h"

#define CMD_CHAT_HISTORY 10 /* messages of before that a person sees first */
#define CMD_CHAT_ADDRESS 128
#define CMD_CHAT_PORT_MAX 65535

/* The options that a node is started with. */
struct cmd_chat_node {
    const char *words[START_NODE_WORDS_MAX];
    size_t count;
    char address[CMD_CHAT_ADDRESS];
};

static void cmd_chat_add(struct cmd_chat_node *n, const char *name, const char *value)
{
    if (value != NULL && n->count + 2 <= START_NODE_WORDS_MAX) {
        n->words[n->count++] = name;
        n->words[n->count++] = value;
    }
}

/* "--bind", "--port", "--seed" ... as 'wavu up' has them. */
static int cmd_chat_read_node(struct call *call, struct cmd_chat_node *n)
{
    struct args *args = &call->args;
    const char *bind = args_value(args, "bind");
    const char *seed = NULL;
    uint64_t port = 9000;

    if (!args_number(args, "port", 0, CMD_CHAT_PORT_MAX, &port)) {
        return say_problem(SAY_USAGE, "%s", args->problem);
    }
    if (bind != NULL || args_has(args, "port")) {
        const char *host = bind != NULL ? bind : "0.0.0.0";
        const bool is_ipv6 = strchr(host, ':') != NULL && host[0] != '[';

        (void)snprintf(n->address, sizeof n->address, "%s%s%s:%llu", is_ipv6 ? "[" : "", host,
                       is_ipv6 ? "]" : "", (unsigned long long)port);
        cmd_chat_add(n, "--bind-addr", n->address);
    }
    for (size_t i = 0; (seed = args_nth(args, "seed", i)) != NULL; i++) {
        cmd_chat_add(n, "--seed", seed);
    }
    cmd_chat_add(n, "--keypair-seed", args_value(args, "keypair-seed"));
    cmd_chat_add(n, "--require-invitation", args_has(args, "invite-only") ? "true" : NULL);
    return 0;
}

/* `*is_new`: the node is this chat's, and ends with it. */
static int cmd_chat_start(struct call *call, bool *is_new)
{
    struct cmd_chat_node node = {.count = 0};
    const char *nick = args_value(&call->args, "nick");
    json_t *result = NULL;
    int code = cmd_chat_read_node(call, &node);

    code = code == 0 ? start_node_ensure(call, node.words, node.count, is_new) : code;
    if (code == 0 && !*is_new && node.count > 0) {
        say_warning("a node runs here already, with its own settings: --bind, --port, --seed, "
                    "--keypair-seed and --invite-only change nothing");
    }
    if (code == 0 && nick != NULL) {
        json_t *params = json_pack("{s:s}", "nick", nick);

        code = params != NULL ? cmd_ask(call, "person.nick", params, &result)
                              : say_problem(SAY_USAGE, "a name is text in UTF-8");
        json_decref(params);
        json_decref(result);
    }
    return code;
}

int cmd_chat_run(struct call *call)
{
    char home[HOME_PATH_MAX];
    char socket[HOME_PATH_MAX];
    const bool is_person = isatty(STDIN_FILENO) == 1 && !call->is_json;
    bool is_new = false;
    struct plain_config config = {.home = home,
                                  .socket = socket,
                                  .network = args_value(&call->args, "network"),
                                  .room = args_value(&call->args, "room"),
                                  .to = args_value(&call->args, "to"),
                                  .history = is_person ? CMD_CHAT_HISTORY : 0,
                                  .wait_ms = is_person ? 0 : (uint64_t)CMD_CHAT_WAIT_S * 1000,
                                  .is_jsonl = call->is_json,
                                  .is_person = is_person};

    if (!args_number(&call->args, "history", 0, PLAIN_HISTORY_MAX, &config.history) ||
        !args_seconds(&call->args, "wait", CMD_CHAT_WAIT_MAX_S, &config.wait_ms)) {
        return say_problem(SAY_USAGE, "%s", call->args.problem);
    }
    if (config.room != NULL && config.to != NULL) {
        return say_problem(SAY_USAGE, "--room and --to are two different places; say one");
    }
    int code = home_find(call->home, home);

    code = code == 0 ? home_path(home, HOME_CONTROL, socket) : code;
    code = code == 0 ? cmd_chat_start(call, &is_new) : code;
    if (args_has(&call->args, "wait")) {
        config.invite_wait_ms = config.wait_ms;
    } else if (is_new) { /* the code ends with the node */
        config.invite_wait_ms = UINT64_MAX;
    }
    if (code == 0 && chat_screen_is_wanted(call)) {
        return chat_screen_run(call, home, socket);
    }
    return code == 0 ? plain_run(&config) : code;
}
