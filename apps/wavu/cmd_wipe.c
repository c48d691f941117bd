/*
 * The wipe: a running node is told to stop; the key goes at once, then all the rest.
 */
#include "apps/wavu/cmd_wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/rpc/rpc_client.h"
#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_shell.h"
#include "apps/settings/home.h"
#include "apps/wavu/own_node.h"
#include "apps/settings/places.h"
#include "apps/term/ask.h"
#include "apps/term/say.h"
#include "apps/settings/settings.h"
#include "wavu/vault.h"

#define CMD_WIPE_WORD "wipe"
#define CMD_WIPE_TRIES 100 /* so many times the pause: 10 s until a node has let go */
#define CMD_WIPE_ASK_MS 2000

static const struct timespec cmd_wipe_pause = {.tv_nsec = 100 * 1000000L};

/* What has to be typed: what the running node is called, else a word. */
static void cmd_wipe_word(const char *socket, char out[SAY_CLEAN_MAX])
{
    json_t *result = NULL;
    int rc = rpc_client_ask(socket, "person.nick", NULL, CMD_WIPE_ASK_MS, &result);
    const char *nick = rc == 0 ? json_string_value(json_object_get(result, "nick")) : NULL;
    (void)say_clean(nick != NULL && nick[0] != '\0' ? nick : CMD_WIPE_WORD, out);
    json_decref(result);
}

/* Has a person typed it? Returns 0, or an exit code after a sentence. */
static int cmd_wipe_confirm(const char *home, const char *socket)
{
    char word[SAY_CLEAN_MAX];
    if (!ask_is_possible()) {
        return ask_explain();
    }
    cmd_wipe_word(socket, word);
    (void)fprintf(
        stderr,
        tongue("All of '%s' will be gone: keys, networks, what was said, files, and your\n"
               "settings. Only a backup brings it back.\n"),
        home);
    return ask_typed(word);
}

/* One file, which may hold a key or what was said: it is overwritten. */
static int cmd_wipe_file(const char *path)
{
    static const uint8_t zeros[4096];
    struct stat info;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    bool is_bad = fd < 0 && errno != ENOENT;
    if (fd >= 0 && fstat(fd, &info) == 0) {
        for (off_t at = 0; at < info.st_size; at += (off_t)sizeof zeros) {
            is_bad = pwrite(fd, zeros, sizeof zeros, at) != (ssize_t)sizeof zeros || is_bad;
        }
        is_bad = fsync(fd) != 0 || is_bad;
        is_bad = unlink(path) != 0 || is_bad;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (is_bad) {
        return say_problem(
            SAY_DENIED,
            "'%s' could not be overwritten: %s; it may hold your key or what you said, "
            "so remove it and wipe once more",
            path, strerror(errno));
    }
    return 0;
}

/* What the program itself keeps in a home, and this user's settings wherever they are. The
 * system's are not this user's. */
static int cmd_wipe_own(const struct call *call, const char *home)
{
    static struct places places; /* 33 KiB */
    char path[HOME_PATH_MAX];
    int code = home_path(home, SETTINGS_FILE, path);
    code = code == 0 ? cmd_wipe_file(path) : code; /* also a link, which is no file */
    code = code == 0 ? places_find(&places, call->home, home) : code;
    for (size_t i = places.system_count; i < places.count && code == 0; i++) {
        code = cmd_wipe_file(places.files[i]);
    }
    if (code == 0 && places_state(call->home, home, CMD_SHELL_HISTORY, false, path) == 0) {
        code = cmd_wipe_file(path);
    }
    if (code == 0 && home_path(home, HOME_CONTROL, path) == 0) {
        (void)unlink(path);
    }
    if (code == 0 && home_path(home, "downloads", path) == 0) {
        (void)rmdir(path);
    }
    (void)rmdir(home); /* what is somebody else's in it stays */
    return code;
}

static int cmd_wipe_explain(const char *home, const char *file, int err)
{
    if (err == WAVU_ERR_IN_USE) {
        return say_problem(
            SAY_FAILURE,
            "the keys are destroyed, but a process has '%s/store.db' open still; end "
            "it and wipe once more",
            home);
    }
    return say_problem(say_exit_of(err),
                       "'%s/%s' is there still: %s; make the folder writable and wipe once more",
                       home, file, tongue(wavu_err_sentence(err)));
}

/* Until nobody has the store open any more. */
static int cmd_wipe_all(struct port *port, const struct call *call, const char *home)
{
    const char *file = "store.key";
    int rc = wavu_wipe(port, &file);
    for (int i = 0; i < CMD_WIPE_TRIES && rc == WAVU_ERR_IN_USE; i++) {
        (void)nanosleep(&cmd_wipe_pause, NULL);
        rc = wavu_wipe(port, &file);
    }
    return rc < 0 ? cmd_wipe_explain(home, file, rc) : cmd_wipe_own(call, home);
}

/* What would be gone. */
static int cmd_wipe_rehearse(const struct call *call, const char *home)
{
    static struct places places; /* 33 KiB */
    int code = places_find(&places, call->home, home);
    json_t *gone = json_array();
    code = json_array_append_new(gone, json_string(home)) < 0 ? SAY_FAILURE : code;
    for (size_t i = places.system_count; i < places.count && code == 0; i++) {
        code = json_array_append_new(gone, json_string(places.files[i])) < 0 ? SAY_FAILURE : 0;
    }
    for (size_t i = 0; i < json_array_size(gone) && code == 0 && !call->is_json; i++) {
        say_out("would be wiped: %s\n", json_string_value(json_array_get(gone, i)));
    }
    json_t *result = json_pack("{s:o}", "wouldWipe", gone);
    code = code == 0 && call->is_json ? cmd_ask_print_json(result) : code;
    json_decref(result);
    return code;
}

int cmd_wipe_run(struct call *call)
{
    char home[HOME_PATH_MAX];
    char socket[HOME_PATH_MAX];
    struct own_node own = {NULL, NULL, NULL};
    json_t *result = NULL;
    int code = home_find(call->home, home);
    code = code != 0 ? code : home_path(home, HOME_CONTROL, socket);
    if (code == 0 && access(home, F_OK) != 0) {
        return say_problem(SAY_NOT_FOUND, "there is no home '%s'", home);
    }
    if (code == 0 && args_has(&call->args, "dry-run")) {
        return cmd_wipe_rehearse(call, home);
    }
    if (code == 0 && !args_has(&call->args, "yes")) {
        code = cmd_wipe_confirm(home, socket);
    }
    if (code != 0) {
        return code;
    }
    (void)!rpc_client_ask(socket, "node.stop", NULL, CMD_WIPE_ASK_MS, &result);
    json_decref(result);
    code = own_node_start_loop(&own, home);
    code = code != 0 ? code : cmd_wipe_all(own.port, call, home);
    own_node_clear(&own);
    if (code == 0 && call->is_json) {
        say_out("{\"isWiped\":true}\n");
    } else if (code == 0) {
        say_out("wiped: the key first, then everything\n");
    }
    if (code == 0 && !call->is_json && !say_is_quiet()) {
        say_wrapped(0, 0,
                    "A flash disk keeps overwritten sectors for a while where no program reaches "
                    "them. If this home had no passphrase, who takes the disk apart may find the "
                    "key there; if it had one from the beginning, neither what was said nor who "
                    "you are can be read.");
    }
    return code;
}
