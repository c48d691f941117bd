/*
 * The running node tries a code, or asks who has invited its person's key; its events say what
 * comes of it.
 */
#include "apps/wavu/cmd_join.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_online.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/first.h"
#include "apps/wavu/own_node.h"
#include "wavu/members.h"

/* Waiting for the end of a try. */
struct join_watch {
    const struct call *call;
    const char *address; /* or NULL */
    bool by_key;
    bool is_open;
    int code;                        /* the exit code, once it is over */
    char network[WAVU_KEY_TEXT_MAX]; /* that was entered; "" for none */
};

static int cmd_join_err(const char *name)
{
    int err = WAVU_ERR_AGAIN;
    while (err > WAVU_ERR_DOWNGRADE && strcmp(wavu_err_name(err), name) != 0) {
        err--;
    }
    return err;
}

/* Say why it came to nothing. Returns the exit code. */
static int cmd_join_explain(const struct join_watch *watch, const char *name)
{
    int err = cmd_join_err(name);
    if (err == WAVU_ERR_CRYPTO) {
        return say_problem(SAY_DENIED,
                           "the code is wrong, or closed already: type it again as it was "
                           "read out, or ask for a new one");
    }
    if (err == WAVU_ERR_DENIED && watch->is_open) {
        return say_problem(SAY_DENIED, "there is no open network there, or it does not let this "
                                       "person in");
    }
    if (err == WAVU_ERR_AGAIN && watch->is_open) {
        return say_problem(SAY_DENIED, "that network lets in no more for now; try again later, or "
                                       "ask another member");
    }
    if (err == WAVU_ERR_TIMEOUT && watch->is_open && watch->address == NULL) {
        return say_problem(SAY_TIMEOUT, "nobody near is in such an open network and lets this "
                                        "person in; say where a member is: wavu join --open "
                                        "ADDRESS");
    }
    if (err == WAVU_ERR_DENIED && watch->by_key) {
        return say_problem(SAY_DENIED, "not invited there; have them type wavu invite --key and "
                                       "the key that 'wavu id' shows here");
    }
    if (err == WAVU_ERR_DENIED) {
        return say_problem(SAY_DENIED,
                           "whoever answers there does not let this node in; if it was put out "
                           "there, begin a new home with 'wavu up --home DIR'");
    }
    if (err == WAVU_ERR_CLOSED) {
        return say_problem(SAY_DENIED,
                           "this device was put out of that network, and cannot come back "
                           "itself; begin a new home with 'wavu up --home DIR', and be "
                           "invited there");
    }
    if (err == WAVU_ERR_EXISTS) {
        return say_problem(SAY_CONFLICT,
                           "this node belongs to that network already, as 'wavu networks' says; "
                           "if it left just now, try again in some seconds; if it finds nobody "
                           "there any more it was put out: begin a new home with 'wavu up --home "
                           "DIR'");
    }
    if (err == WAVU_ERR_UNSUPPORTED) {
        return say_problem(SAY_FAILURE, "whoever answers there is in no network with members, or "
                                        "runs another version of wavu");
    }
    if (err == WAVU_ERR_IN_USE) {
        return say_problem(SAY_FAILURE, "another code was typed since, and is tried instead");
    }
    if (err == WAVU_ERR_AGAIN && !watch->by_key && !watch->is_open) {
        return say_problem(SAY_FAILURE, "whoever answers there turned this try away, unseen: too "
                                        "many came from here lately, or that node ended; wait half "
                                        "a minute and type the code again");
    }
    if (watch->address != NULL) {
        return own_node_explain(watch->address, err);
    }
    if (err == WAVU_ERR_TIMEOUT) {
        return say_problem(SAY_TIMEOUT, "nobody with that code was found; check that it is still "
                                        "open, or say where: wavu join CODE ADDRESS");
    }
    return say_problem(say_exit_of(err), "the inviter could not be asked: %s",
                       tongue(wavu_err_sentence(err)));
}

static void cmd_join_tell(const char *kind, const json_t *event)
{
    char clean[SAY_CLEAN_MAX];
    const char *name = cmd_ask_text(event, "name");
    if (strcmp(kind, "joining") == 0) {
        say_hint("%s knows the code, too, and lets us in\n",
                 name[0] != '\0' ? say_name(name, " ", clean) : tongue("somebody without a name"));
    } else if (strcmp(kind, "joinFailed") == 0 && cmd_ask_count(event, "left") > 0) {
        say_hint("%s\n", cmd_join_err(cmd_ask_text(event, "error")) == WAVU_ERR_CRYPTO
                             ? tongue("one who answers has another code; looking on")
                             : tongue("one who answers has no time for it now; trying again"));
    }
}

static bool cmd_join_on_event(void *context, const json_t *event)
{
    struct join_watch *watch = context;
    const char *kind = cmd_ask_text(event, "event");
    bool is_entered = strcmp(kind, "entered") == 0;
    bool is_failed = strcmp(kind, "joinFailed") == 0;
    bool is_ours = is_entered || is_failed || strcmp(kind, "joining") == 0;
    if (is_ours && watch->call->is_json) {
        watch->code = cmd_ask_print_json(event);
    } else if (is_ours) {
        cmd_join_tell(kind, event);
    }
    if (is_entered) {
        (void)snprintf(watch->network, sizeof watch->network, "%s", cmd_ask_text(event, "network"));
        return true;
    }
    if (is_failed && cmd_ask_count(event, "left") == 0) {
        watch->code = cmd_join_explain(watch, cmd_ask_text(event, "error"));
        return true;
    }
    return watch->code != 0;
}

/* "savanna, 2 members". */
static int cmd_join_print_entered(const struct call *call, const char *id)
{
    char clean[SAY_CLEAN_MAX];
    json_t *result = NULL;
    int code = cmd_ask(call, "network.list", NULL, &result);
    const json_t *networks = json_object_get(result, "networks");
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *one = json_array_get(networks, i);
        if (strcmp(cmd_ask_text(one, "id"), id) == 0) {
            say_hint("this node belongs to %s now; 'wavu' opens the chat\n",
                     say_clean(cmd_ask_text(one, "name"), clean));
        }
    }
    json_decref(result);
    return code;
}

/* Wait for what comes of `result`. */
static int cmd_join_wait(struct join_watch *watch, const json_t *result)
{
    if (!watch->call->is_json && watch->address == NULL) {
        say_hint("looking for %s, for two minutes; Ctrl+C ends the waiting only\n",
                 watch->is_open ? tongue("who is in it") : tongue("the inviter"));
        (void)say_flush();
    }
    if (watch->address == NULL && !talk_online_is_any()) {
        say_warning("this machine is on no network now: switch Wi-Fi on or plug in a cable, and "
                    "the search goes on");
    }
    int code =
        cmd_ask_events(watch->call, cmd_ask_count(result, "after"), cmd_join_on_event, watch);
    code = code == 0 ? watch->code : code;
    if (code == 0 && !watch->call->is_json) {
        code = cmd_join_print_entered(watch->call, watch->network);
    }
    return code;
}

/* Is it a network's id? */
static bool cmd_join_is_id(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

/* Is it the beginning of an id, as lists show it? */
static bool cmd_join_is_part(const char *text)
{
    return text != NULL && strlen(text) < 64 &&
           strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

static int cmd_join_run_open(struct call *call)
{
    const struct args *args = &call->args;
    struct join_watch watch = {.call = call, .is_open = true};
    const char *network = NULL;
    for (size_t i = 0; i < args->word_count; i++) {
        const char **place = cmd_join_is_id(args->words[i]) ? &network : &watch.address;
        if (*place != NULL) {
            return say_problem(SAY_USAGE,
                               "join --open takes one id of a network and one address; "
                               "'%.64s' is one too many",
                               args->words[i]);
        }
        *place = args->words[i];
    }
    if (cmd_join_is_part(watch.address)) {
        return say_problem(SAY_USAGE,
                           "the id of a network is all of its 64 digits, not '%.64s' alone; "
                           "'wavu networks --json' at a member shows it",
                           watch.address);
    }
    int code = watch.address != NULL ? own_node_check_dial(watch.address) : 0;
    if (code != 0) {
        return code;
    }
    json_t *result = NULL;
    json_t *params = json_pack("{s:s*,s:s*}", "network", network, "address", watch.address);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "join takes text in UTF-8");
    }
    code = first_node(call);
    code = code != 0 ? code : cmd_ask_ready(call, "network.joinOpen", params, &result);
    code = code == 0 ? cmd_join_wait(&watch, result) : code;
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_join_run(struct call *call)
{
    const struct args *args = &call->args;
    if (args_has(args, "open")) {
        return args_has(args, "key")
                   ? say_problem(SAY_USAGE, "--open and --key are two ways; take one")
                   : cmd_join_run_open(call);
    }
    const char *by_key = args_value(args, "key");
    const char *code_typed = by_key == NULL && args->word_count > 0 ? args->words[0] : NULL;
    struct join_watch watch = {.call = call,
                               .by_key = by_key != NULL,
                               .address = by_key != NULL         ? by_key
                                          : args->word_count > 1 ? args->words[1]
                                                                 : NULL};
    if ((by_key == NULL) == (args->word_count == 0)) {
        return say_problem(SAY_USAGE,
                           "join takes a CODE, --key ADDRESS or --open ('wavu join --help' "
                           "tells more)");
    }
    int code = watch.address != NULL ? own_node_check_dial(watch.address) : 0;
    if (code != 0) {
        return code;
    }
    json_t *result = NULL;
    json_t *params = json_pack("{s:s*,s:s*}", "code", code_typed, "address", watch.address);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "join takes text in UTF-8");
    }
    code = first_node(call);
    code = code != 0 ? code
                     : cmd_ask_ready(call, by_key != NULL ? "network.joinKey" : "network.join",
                                     params, &result);
    code = code == 0 ? cmd_join_wait(&watch, result) : code;
    json_decref(params);
    json_decref(result);
    return code;
}
