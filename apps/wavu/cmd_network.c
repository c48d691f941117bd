/*
 * Questions to the running node about networks, and what it answers in a person's words.
 */
#include "apps/wavu/cmd_network.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/first.h"
#include "apps/term/ask.h"
#include "apps/term/denied.h"
#include "apps/term/say.h"
#include "wavu/members.h"

#define CMD_NETWORK_NAME_MAX 64 /* include/wavu/members.h */

const char *cmd_network_short(const struct json_t *object, const char *key)
{
    static char digits[CMD_NETWORK_SHORT + 1];
    char clean[SAY_CLEAN_MAX];
    (void)snprintf(digits, sizeof digits, "%.*s", CMD_NETWORK_SHORT,
                   say_clean(cmd_ask_text(object, key), clean));
    return digits;
}

/* The longest name at `key`, at least as wide as its heading. */
static int cmd_network_widest(const json_t *list, const char *key)
{
    size_t width = sizeof "NETWORK" - 1;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const size_t len = strlen(cmd_ask_text(json_array_get(list, i), key));
        width = len > width && len < WAVU_NAME_MAX ? len : width;
    }
    return (int)width;
}

bool cmd_network_is_several(const struct json_t *list)
{
    const char *first = cmd_ask_text(json_array_get(list, 0), "network");
    for (size_t i = 1; i < json_array_size(list); i++) {
        if (strcmp(cmd_ask_text(json_array_get(list, i), "network"), first) != 0) {
            return true;
        }
    }
    return false;
}

int cmd_network_width(const struct json_t *list)
{
    return cmd_network_is_several(list) ? cmd_network_widest(list, "networkName") : 0;
}

/* Ask, print the JSON or hand the result to `print`. Takes `params`. */
static int cmd_network_ask(const struct call *call, const char *method, json_t *params,
                           void (*print)(const struct call *call, const json_t *result))
{
    json_t *result = NULL;
    int code = cmd_ask(call, method, params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        print(call, result);
    }
    json_decref(params);
    json_decref(result);
    return code;
}

static void cmd_network_print_made(const struct call *call, const json_t *result)
{
    char clean[SAY_CLEAN_MAX];
    bool is_open = json_is_true(json_object_get(result, "isOpen"));
    /* An id has 64 digits: on a line of its own it stays whole, to be copied. */
    char name[SAY_CLEAN_MAX];
    (void)call;
    say_out(is_open ? "%s is made, open to all; its id is\n%s\n" : "%s is made; its id is\n%s\n",
            say_clean(cmd_ask_text(result, "name"), name),
            say_clean(cmd_ask_text(result, "network"), clean));
    say_out(is_open ? "to come in, others type: wavu join --open ID\n"
                    : "to let somebody in: wavu invite\n");
}

/* Before a node is started for it: the node itself would refuse it. */
static bool cmd_network_is_name(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len <= CMD_NETWORK_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == len;
}

int cmd_network_create_run(struct call *call)
{
    const char *policy = args_value(&call->args, "policy");
    if (args_has(&call->args, "open") && policy != NULL && strcmp(policy, "open") != 0) {
        return say_problem(SAY_USAGE, "an open network has the policy 'open'; leave --policy out");
    }
    policy = args_has(&call->args, "open") ? "open" : policy;
    const char *name = call->args.word_count > 0 ? call->args.words[0] : NULL;
    json_t *params = json_pack("{s:s*,s:s*}", "name", name, "policy", policy);
    if (params == NULL || (name != NULL && !cmd_network_is_name(name))) {
        json_decref(params);
        return say_problem(SAY_USAGE, "a network's name is 1 to 64 of a-z 0-9 . - _");
    }
    int code = first_node(call);
    if (code != 0) {
        json_decref(params);
        return code;
    }
    return cmd_network_ask(call, "network.make", params, cmd_network_print_made);
}

static void cmd_network_print_one(const json_t *one, int width)
{
    char clean[SAY_CLEAN_MAX];
    char policy[SAY_CLEAN_MAX];
    say_out("%-*s  %7llu  %10llu  %-7s  %s", width, say_clean(cmd_ask_text(one, "name"), clean),
            (unsigned long long)cmd_ask_count(one, "members"),
            (unsigned long long)cmd_ask_count(one, "neighbours"),
            say_clean(cmd_ask_text(one, "policy"), policy), cmd_network_short(one, "id"));
    const bool has_left = json_is_true(json_object_get(one, "hasLeft"));
    say_out("%s%s%s\n",
            json_is_true(json_object_get(one, "isDenied"))
                ? tongue("  the others say that you are out")
                : "",
            json_is_true(json_object_get(one, "isMember")) ? ""
            : has_left                                     ? tongue("  left, to be read")
                                                           : tongue("  put out, to be read"),
            json_is_true(json_object_get(one, "isFrozen")) ? tongue("  needs a newer wavu") : "");
}

static void cmd_network_print_list(const struct call *call, const json_t *result)
{
    const json_t *networks = json_object_get(result, "networks");
    (void)call;
    if (json_array_size(networks) == 0) {
        say_out("no networks yet; 'wavu create NAME' makes one, 'wavu join CODE' joins one\n");
        return;
    }
    const int width = cmd_network_widest(networks, "name");
    say_out("%-*s  %7s  %10s  %-7s  ID\n", width, "NETWORK", "MEMBERS", "NEIGHBOURS", "POLICY");
    for (size_t i = 0; i < json_array_size(networks); i++) {
        cmd_network_print_one(json_array_get(networks, i), width);
    }
}

int cmd_network_list_run(struct call *call)
{
    return cmd_network_ask(call, "network.list", NULL, cmd_network_print_list);
}

/* ---- What others say ---- */

void cmd_network_warn(const struct call *call, const char *meant)
{
    json_t *result = NULL;
    if (cmd_ask(call, "network.list", NULL, &result) != 0) {
        return; /* it has said why */
    }
    const json_t *networks = json_object_get(result, "networks");
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *one = json_array_get(networks, i);
        const char *name = cmd_ask_text(one, "name");
        char line[DENIED_LINE_MAX];
        if (json_is_true(json_object_get(one, "isDenied")) &&
            (meant == NULL || strcmp(meant, name) == 0 ||
             strcmp(meant, cmd_ask_text(one, "id")) == 0)) {
            say_warning("%s", denied_write(name, line));
        }
    }
    json_decref(result);
}

/* ---- Leaving ---- */

/* None, or more than one, is meant by `name` (NULL: none was said). */
static int cmd_network_unclear(const char *name, size_t count)
{
    if (count == 0) {
        return name != NULL
                   ? say_problem(SAY_NOT_FOUND,
                                 "this node is in no network '%s'; 'wavu networks' lists its own",
                                 name)
                   : say_problem(SAY_NOT_FOUND, "this node is in no network: there is none to "
                                                "leave; 'wavu networks' lists those that it was "
                                                "in");
    }
    return name != NULL
               ? say_problem(SAY_USAGE,
                             "several networks are called '%s': say which one, by its id "
                             "(--network ID); 'wavu networks' lists them",
                             name)
               : say_problem(SAY_USAGE, "this node is in several networks: say which one, by its "
                                        "name or id (--network N); 'wavu networks' lists them");
}

/* The network that is meant: `*network` is the one of the list, the caller's. Else an exit code
 * after a sentence. */
static int cmd_network_find(const struct call *call, json_t **network)
{
    const char *name = args_value(&call->args, "network");
    json_t *result = NULL;
    size_t count = 0;
    int code = cmd_ask(call, "network.list", NULL, &result);
    const json_t *networks = json_object_get(result, "networks");
    *network = NULL;
    for (size_t i = 0; i < json_array_size(networks); i++) {
        json_t *one = json_array_get(networks, i);
        if (json_is_true(json_object_get(one, "isMember")) &&
            (name == NULL || strcmp(cmd_ask_text(one, "name"), name) == 0 ||
             strcmp(cmd_ask_text(one, "id"), name) == 0)) {
            *network = one;
            count++;
        }
    }
    if (code == 0 && count != 1) {
        code = cmd_network_unclear(name, count);
    }
    *network = code == 0 ? json_incref(*network) : NULL;
    json_decref(result);
    return code;
}

/* Does a person want it? Returns 0, or an exit code after a sentence. */
static int cmd_network_confirm(const json_t *network)
{
    char name[SAY_CLEAN_MAX];
    (void)say_clean(cmd_ask_text(network, "name"), name);
    if (!ask_is_possible()) {
        return ask_explain();
    }
    (void)fprintf(
        stderr,
        cmd_ask_count(network, "members") == 1
            ? tongue(
                  "You leave %s, with all your devices. Nobody else is in it: it ends. What was\n"
                  "said stays here to be read.\n")
            : tongue("The others are told that you leave %s, with all your devices. What was said\n"
                     "stays here to be read; to come back you have to be invited.\n"),
        name);
    return ask_typed(name);
}

/* What would be left. */
static int cmd_network_rehearse(const struct call *call, const json_t *network, json_t *params)
{
    char name[SAY_CLEAN_MAX];
    if (!call->is_json) {
        say_out("you would leave %s\n", say_clean(cmd_ask_text(network, "name"), name));
        return SAY_OK;
    }
    return json_object_set_new(params, "isDryRun", json_true()) < 0 ? SAY_FAILURE
                                                                    : cmd_ask_print_json(params);
}

int cmd_network_leave_run(struct call *call)
{
    char name[SAY_CLEAN_MAX];
    json_t *network = NULL;
    json_t *result = NULL;
    int code = cmd_network_find(call, &network);
    json_t *params = json_pack("{s:O*}", "network", json_object_get(network, "id"));
    if (code == 0 && args_has(&call->args, "dry-run")) {
        code = cmd_network_rehearse(call, network, params);
        json_decref(params);
        json_decref(network);
        return code;
    }
    if (code == 0 && !args_has(&call->args, "yes")) {
        code = cmd_network_confirm(network);
    }
    code = code == 0 ? cmd_ask(call, "network.leave", params, &result) : code;
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(params);
    } else if (code == 0) {
        say_out("you are leaving %s; what was said there stays here to be read\n",
                say_clean(cmd_ask_text(network, "name"), name));
    }
    json_decref(params);
    json_decref(result);
    json_decref(network);
    return code;
}

/* ---- One's own name ---- */

static void cmd_network_print_nick(const struct call *call, const json_t *result)
{
    char clean[SAY_CLEAN_MAX];
    const char *nick = cmd_ask_text(result, "nick");
    if (nick[0] == '\0') {
        say_out("no name yet; 'wavu nick NAME' sets one\n");
    } else {
        say_out(call->args.word_count > 0 ? "others are told that you are %s\n" : "%s\n",
                say_clean(nick, clean));
    }
}

int cmd_network_nick_run(struct call *call)
{
    json_t *params = NULL;
    if (call->args.word_count > 0) {
        params = json_pack("{s:s}", "nick", call->args.words[0]);
        if (params == NULL) {
            return say_problem(SAY_USAGE, "a name is text in UTF-8");
        }
        int code = first_ensure(call);
        if (code != 0) {
            json_decref(params);
            return code;
        }
    }
    return cmd_network_ask(call, "person.nick", params, cmd_network_print_nick);
}
