/*
 * Backups: the running node writes them; they are verified and restored without one.
 */
#include "apps/wavu/cmd_backup.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/settings/home.h"
#include "apps/wavu/own_node.h"
#include "apps/wavu/passphrase.h"
#include "apps/term/say.h"

#define CMD_BACKUP_WAIT_MS (UINT64_C(3600) * 1000) /* a long history on a slow stick */
#define CMD_BACKUP_SHORT 24

/* An absolute path of what was typed; the node works elsewhere. */
static int cmd_backup_path(const char *typed, char out[HOME_PATH_MAX])
{
    char here[HOME_PATH_MAX] = "";
    bool is_whole = typed[0] == '/';
    if (!is_whole && getcwd(here, sizeof here) == NULL) {
        return say_problem(SAY_FAILURE, "the folder of now has no path; name the file by a whole "
                                        "one, which begins with /");
    }
    int len = snprintf(out, HOME_PATH_MAX, "%s%s%s", here, is_whole ? "" : "/", typed);
    if (typed[0] == '\0') {
        return say_problem(SAY_USAGE, "the path of the backup is empty; name a file");
    }
    if (len < 0 || len >= HOME_PATH_MAX) {
        return say_problem(SAY_USAGE, "the path of the backup is too long; name a shorter one");
    }
    return 0;
}

static int cmd_backup_explain(const char *path, const char *home, int err)
{
    switch (err) {
    case WAVU_ERR_NOT_FOUND:
        return say_problem(SAY_NOT_FOUND, "there is no file '%.200s'", path);
    case WAVU_ERR_DENIED:
        return access(path, R_OK) == 0
                   ? say_problem(SAY_DENIED, "the passphrase is wrong; type it again as it was set "
                                             "when the backup was made")
                   : say_problem(SAY_DENIED, "this user may not read '%.200s'", path);
    case WAVU_ERR_CORRUPT:
        return say_problem(SAY_FAILURE,
                           "'%.200s' is no backup, or is damaged or cut off; nothing of it was "
                           "restored; take another copy",
                           path);
    case WAVU_ERR_UNSUPPORTED:
        return say_problem(SAY_FAILURE,
                           "'%.200s' is a backup of another version of wavu; use that one, or a "
                           "newer one",
                           path);
    case WAVU_ERR_LIMIT:
        return say_problem(SAY_FAILURE,
                           "'%.200s' asks for more memory or time than any backup of wavu does; "
                           "take another copy",
                           path);
    case WAVU_ERR_MEMORY:
        return say_problem(SAY_FAILURE, "a passphrase takes 64 MiB of memory for a second, and "
                                        "this machine has not that much free; end something else");
    case WAVU_ERR_EXISTS:
        return say_problem(SAY_CONFLICT,
                           "there is a node's state in '%s' already, and nothing is restored over "
                           "it; name an empty home with --home",
                           home);
    case WAVU_ERR_NO_SPACE:
        return say_problem(SAY_FAILURE,
                           "the disk of the home '%s' is full; free some space and restore again",
                           home);
    default:
        return say_problem(say_exit_of(err), "'%.200s' cannot be read into '%s': %s", path, home,
                           tongue(wavu_err_sentence(err)));
    }
}

static void cmd_backup_print(const struct call *call, const char *before,
                             const struct wavu_backup_about *about)
{
    char size[CMD_BACKUP_SHORT];
    if (call->is_json) {
        say_out("{\"bytes\":%llu,\"networks\":%llu,\"messages\":%llu}\n",
                (unsigned long long)about->bytes, (unsigned long long)about->networks,
                (unsigned long long)about->messages);
    } else {
        say_out("%s: ", before);
        say_out(tongue_many("%llu network", "%llu networks", about->networks),
                (unsigned long long)about->networks);
        say_out(", ");
        say_out(tongue_many("%llu message", "%llu messages", about->messages),
                (unsigned long long)about->messages);
        say_out(", %s\n", say_bytes(about->bytes, size, sizeof size));
    }
}

/* ---- Creating ---- */

static int cmd_backup_wait(const struct call *call, uint64_t number)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:I,s:b}", "backup", (json_int_t)number, "wait", true);
    int code = cmd_ask_wait(call, "vault.backupDone", params, CMD_BACKUP_WAIT_MS, &result);
    if (code == 0 && !json_is_true(json_object_get(result, "isDone"))) {
        code = say_problem(SAY_TIMEOUT, "the backup is not whole yet; the node goes on with it");
    } else if (code == 0) {
        const struct wavu_backup_about about = {.bytes = cmd_ask_count(result, "bytes"),
                                                .networks = cmd_ask_count(result, "networks"),
                                                .messages = cmd_ask_count(result, "messages")};
        cmd_backup_print(call, tongue("the backup is whole and on the disk"), &about);
        say_hint("%s", call->is_json
                           ? ""
                           : tongue("Keep its passphrase elsewhere: without it nobody opens it. "
                                    "It holds your key as a\nperson; who has both is you.\n"));
    }
    json_decref(params);
    json_decref(result);
    return code;
}

static int cmd_backup_create(const struct call *call, const char *path)
{
    struct passphrase typed;
    json_t *result = NULL;
    int code = cmd_ask(call, "node.id", NULL, &result); /* before a person types for nothing */
    json_decref(result);
    result = NULL;
    code = code != 0 ? code
                     : passphrase_read(call, "passphrase-file", tongue("passphrase for the backup"),
                                       true, &typed);
    if (code != 0) {
        return code;
    }
    json_t *params = json_pack("{s:s,s:s%}", "path", path, "passphrase", typed.bytes, typed.len);
    passphrase_wipe(&typed);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "paths and passphrases are text in UTF-8");
    }
    code = cmd_ask(call, "vault.backup", params, &result);
    uint64_t number = cmd_ask_count(result, "backup");
    json_decref(params);
    json_decref(result);
    return code != 0 ? code : cmd_backup_wait(call, number);
}

/* ---- Reading ---- */

/* A home that has anything of a node's takes no backup. */
static int cmd_backup_check_empty(const char *path, const char *home)
{
    static const char *const files[] = {HOME_KEY, "identity.key", "store.key", "store.db"};
    char file[HOME_PATH_MAX];
    int code = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && code == 0; i++) {
        code = home_path(home, files[i], file);
        if (code == 0 && access(file, F_OK) == 0) {
            code = cmd_backup_explain(path, home, WAVU_ERR_EXISTS);
        }
    }
    return code;
}

static int cmd_backup_read(const struct call *call, const char *path, bool is_restore)
{
    char home[HOME_PATH_MAX];
    bool is_dry = is_restore && args_has(&call->args, "dry-run");
    struct passphrase typed = {.len = 0};
    struct own_node own = {NULL, NULL, NULL};
    struct wavu_backup_about about = {.bytes = 0};
    int code = home_find(call->home, home);
    code = code == 0 && is_dry ? cmd_backup_check_empty(path, home) : code;
    is_restore = is_restore && !is_dry;
    code = code != 0 || !is_restore ? code : home_make(home, true);
    code = code != 0 ? code : own_node_start_loop(&own, home);
    code = code != 0 ? code
                     : passphrase_read(call, "passphrase-file", tongue("passphrase of the backup"),
                                       false, &typed);
    if (code == 0) {
        int rc = is_restore ? wavu_backup_restore(own.port, path, typed.bytes, typed.len, &about)
                            : wavu_backup_verify(own.port, path, typed.bytes, typed.len, &about);
        code = rc < 0 ? cmd_backup_explain(path, home, rc) : 0;
    }
    passphrase_wipe(&typed);
    own_node_clear(&own);
    if (code == 0) {
        const char *said = is_dry ? tongue("it would be restored") : tongue("the backup is good");
        cmd_backup_print(call, is_restore ? tongue("restored") : said, &about);
        say_hint(
            "%s",
            !is_restore || call->is_json
                ? ""
                : tongue("This home is a new device of the same person. 'wavu up' starts it; it "
                         "is a member\nfor others when it has met one of them.\n"));
    }
    return code;
}

int cmd_backup_run(struct call *call)
{
    char path[HOME_PATH_MAX];
    const char *word = call->args.words[0];
    bool is_verify = strcmp(word, "verify") == 0;
    bool is_restore = strcmp(word, "restore") == 0;
    if (!is_verify && !is_restore && strcmp(word, "create") != 0) {
        return say_problem(SAY_USAGE, "backup takes create, verify or restore, not '%.32s'", word);
    }
    int code = cmd_backup_path(call->args.words[1], path);
    if (code != 0) {
        return code;
    }
    return is_verify || is_restore ? cmd_backup_read(call, path, is_restore)
                                   : cmd_backup_create(call, path);
}
