/*
 * The passphrase of a home is changed in its files, whether a node runs or not; locking and
 * unlocking are the running node's.
 */
#include "apps/wavu/cmd_passphrase.h"

#include <jansson.h>
#include <string.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/settings/home.h"
#include "apps/wavu/own_node.h"
#include "apps/wavu/passphrase.h"
#include "apps/term/say.h"

#define CMD_PASSPHRASE_WAIT_MS 60000 /* Argon2id on a small machine, and the node's start */

/* ---- Setting and removing ---- */

static int cmd_passphrase_explain(const char *home, int err)
{
    switch (err) {
    case WAVU_ERR_NOT_FOUND:
        return say_problem(SAY_NOT_FOUND,
                           "there is nothing in '%s' to protect yet; 'wavu up' begins it", home);
    case WAVU_ERR_DENIED:
        return say_problem(SAY_DENIED,
                           "the passphrase is wrong, or this user may not write in '%s'; nothing "
                           "was changed",
                           home);
    case WAVU_ERR_MEMORY:
        return say_problem(SAY_FAILURE, "a passphrase takes 64 MiB of memory for a second, and "
                                        "this machine has not that much free; end something else");
    default:
        return home_explain_store(home, "store.key", err);
    }
}

static int cmd_passphrase_change(struct call *call, struct port *port, const char *home,
                                 bool is_remove)
{
    struct passphrase from = {.len = 0};
    struct passphrase to = {.len = 0};
    bool is_set = false;
    int rc = wavu_passphrase_is_set(port, &is_set);
    if (rc < 0) {
        return cmd_passphrase_explain(home, rc);
    }
    if (is_remove && !is_set) {
        return say_problem(SAY_NOT_FOUND, "'%s' has no passphrase", home);
    }
    int code =
        is_set ? passphrase_read(call, "passphrase-file", tongue("passphrase of now"), false, &from)
               : 0;
    if (code == 0 && !is_remove) {
        code = passphrase_read(call, "new-passphrase-file", tongue("new passphrase"), true, &to);
    }
    if (code == 0) {
        rc = wavu_passphrase_change(port, from.bytes, from.len, to.bytes, to.len);
        code = rc < 0 ? cmd_passphrase_explain(home, rc) : 0;
    }
    passphrase_wipe(&from);
    passphrase_wipe(&to);
    return code;
}

static void cmd_passphrase_print(const struct call *call, bool is_remove)
{
    if (call->is_json) {
        say_out("{\"hasPassphrase\":%s}\n", is_remove ? "false" : "true");
    } else if (is_remove) {
        say_out("this home opens without a passphrase now\n");
    } else {
        say_out("this home opens with the passphrase now; without it nobody brings back what is in "
                "it\n");
        say_wrapped(0, 0,
                    "What is stored and the keys of this device and of you are under it. A copy "
                    "that somebody made of this home before is not.");
    }
}

int cmd_passphrase_run(struct call *call)
{
    char home[HOME_PATH_MAX];
    struct own_node own = {NULL, NULL, NULL};
    const char *word = call->args.words[0];
    bool is_remove = strcmp(word, "remove") == 0;
    if (!is_remove && strcmp(word, "set") != 0) {
        return say_problem(SAY_USAGE, "passphrase takes set or remove, not '%.32s'", word);
    }
    int code = home_find(call->home, home);
    code = code != 0 ? code : own_node_start_loop(&own, home);
    code = code != 0 ? code : cmd_passphrase_change(call, own.port, home, is_remove);
    own_node_clear(&own);
    if (code == 0) {
        cmd_passphrase_print(call, is_remove);
    }
    return code;
}

/* ---- The running node ---- */

/* Wait until it has done what was asked; `*state` is the caller's. */
static int cmd_passphrase_wait(const struct call *call, json_t **state)
{
    json_t *params = json_pack("{s:b}", "wait", true);
    int code = cmd_ask_wait(call, "vault.state", params, CMD_PASSPHRASE_WAIT_MS, state);
    json_decref(params);
    return code;
}

/* `text` NULL: nothing is printed. */
static int cmd_passphrase_end(const struct call *call, const char *text)
{
    json_t *state = NULL;
    char clean[SAY_CLEAN_MAX];
    int code = cmd_passphrase_wait(call, &state);
    const char *problem = cmd_ask_text(state, "problem");
    if (code == 0 && problem[0] != '\0') {
        code = say_problem(SAY_DENIED, "%s", say_clean(problem, clean));
    } else if (code == 0 && text != NULL && call->is_json) {
        code = cmd_ask_print_json(state);
    } else if (code == 0 && text != NULL) {
        say_out("%s\n", text);
    }
    json_decref(state);
    return code;
}

int cmd_passphrase_lock_run(struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "vault.lock", NULL, &result);
    json_decref(result);
    return code != 0 ? code : cmd_passphrase_end(call, tongue("the node is locked"));
}

static int cmd_passphrase_unlock(const struct call *call, const char *text)
{
    struct passphrase typed;
    json_t *result = NULL;
    int code = passphrase_read(call, "passphrase-file", "passphrase", false, &typed);
    if (code != 0) {
        return code;
    }
    json_t *params = json_pack("{s:s%}", "passphrase", typed.bytes, typed.len);
    passphrase_wipe(&typed);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "a passphrase is text in UTF-8");
    }
    code = cmd_ask(call, "vault.unlock", params, &result);
    json_decref(params);
    json_decref(result);
    return code != 0 ? code : cmd_passphrase_end(call, text);
}

/* Nobody is asked for a passphrase that nothing needs. */
int cmd_passphrase_unlock_run(struct call *call)
{
    json_t *state = NULL;
    int code = cmd_ask(call, "vault.state", NULL, &state);
    if (code == 0 && !json_is_true(json_object_get(state, "isLocked"))) {
        code = say_problem(SAY_CONFLICT, "the node is not locked");
    }
    json_decref(state);
    return code != 0 ? code : cmd_passphrase_unlock(call, tongue("the node is unlocked"));
}

int cmd_passphrase_open(const struct call *call)
{
    return cmd_passphrase_unlock(call, NULL);
}
