/*
 * Questions to the running node about files. Names stand last in a line, so that none can pass for
 * a column.
 */
#include "apps/wavu/cmd_file.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_network.h"
#include "apps/wavu/cmd_people.h"
#include "apps/wavu/copy_out.h"
#include "apps/settings/home.h"
#include "apps/term/say.h"
#include "base/guess.h"

#define CMD_FILE_PART_MIN 6 /* digits of an id that may stand for it */
#define CMD_FILE_AMOUNT 24  /* characters of an amount */

static bool cmd_file_is(const json_t *file, const char *state)
{
    return strcmp(cmd_ask_text(file, "state"), state) == 0;
}

/* ---- Sending ---- */

struct file_sending {
    const struct call *call;
    uint64_t send;
    int code;
};

static int cmd_file_refused(const char *error)
{
    if (strcmp(error, "not_found") == 0) {
        return say_problem(SAY_NOT_FOUND, "the file is not there any more");
    }
    if (strcmp(error, "denied") == 0) {
        return say_problem(SAY_DENIED, "the node may not read the file");
    }
    if (strcmp(error, "corrupt") == 0) {
        return say_problem(SAY_FAILURE, "the file changed while it was read; send it again");
    }
    if (strcmp(error, "limit") == 0) {
        return say_problem(SAY_FAILURE, "a file may have 64 GiB at most");
    }
    return say_problem(SAY_FAILURE, "the file could not be offered (%.32s); try again", error);
}

static bool cmd_file_on_sent(void *context, const json_t *event)
{
    struct file_sending *s = context;
    const char *kind = cmd_ask_text(event, "event");
    char clean[SAY_CLEAN_MAX];
    bool is_sent = strcmp(kind, "fileSent") == 0;
    if ((!is_sent && strcmp(kind, "fileRefused") != 0) || cmd_ask_count(event, "send") != s->send) {
        return false;
    }
    if (!is_sent) {
        s->code = cmd_file_refused(say_clean(cmd_ask_text(event, "error"), clean));
    } else if (s->call->is_json) {
        s->code = cmd_ask_print_json(event);
    } else {
        say_out("it is offered; the others take it with: wavu file accept %s\n",
                cmd_network_short(event, "id"));
    }
    return true;
}

/* The whole path of the file that is to be sent. */
static int cmd_file_path(const char *word, char path[PATH_MAX])
{
    struct stat info;
    if (realpath(word, path) == NULL || stat(path, &info) < 0) {
        return say_problem(SAY_NOT_FOUND, "there is no file '%s': %s", word, strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
        return say_problem(SAY_FAILURE,
                           "'%s' is a folder, and a file goes alone: pack it into one (tar, zip), "
                           "and send that",
                           word);
    }
    if (!S_ISREG(info.st_mode)) {
        return say_problem(SAY_FAILURE, "'%s' is a device, not a file", word);
    }
    return 0;
}

static int cmd_file_send(const struct call *call)
{
    struct file_sending sending = {.call = call};
    char path[PATH_MAX];
    json_t *result = NULL;
    if (call->args.word_count != 2) {
        return say_problem(SAY_USAGE, "file send takes one PATH");
    }
    int code = cmd_file_path(call->args.words[1], path);
    if (code != 0) {
        return code;
    }
    const char *to = args_value(&call->args, "to");
    json_t *member = NULL;
    if (to != NULL && args_has(&call->args, "room")) {
        return say_problem(SAY_USAGE, "--to and --room are two different places; say one");
    }
    code = to != NULL ? cmd_people_find(call, args_value(&call->args, "network"), to, &member) : 0;
    code = code == 0 ? cmd_people_hears(member) : code;
    if (code != 0) {
        json_decref(member);
        return code;
    }
    json_t *params = json_pack(
        "{s:s,s:s*,s:s*,s:s*}", "path", path, "network", cmd_people_network(call, member), "room",
        args_value(&call->args, "room"), "to", member != NULL ? cmd_ask_text(member, "id") : NULL);
    json_decref(member);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "names and paths are text in UTF-8");
    }
    code = cmd_ask(call, "file.send", params, &result);
    sending.send = cmd_ask_count(result, "send");
    if (code == 0) {
        code = cmd_ask_events(call, cmd_ask_count(result, "after"), cmd_file_on_sent, &sending);
    }
    json_decref(params);
    json_decref(result);
    return code == 0 ? sending.code : code;
}

/* ---- Listing ---- */

/* "coming 43 %", or the state alone. */
static void cmd_file_state(const json_t *file, char *out, size_t size)
{
    char clean[SAY_CLEAN_MAX];
    uint64_t whole = cmd_ask_count(file, "size");
    (void)say_clean(cmd_ask_text(file, "state"), clean);
    if (cmd_file_is(file, "coming") && whole > 0) {
        (void)snprintf(out, size, tongue("coming %llu %%"),
                       (unsigned long long)(cmd_ask_count(file, "bytes") / ((whole + 99) / 100)));
    } else {
        (void)snprintf(out, size, "%s", tongue(clean));
    }
}

static void cmd_file_print_one(const json_t *file)
{
    char clean[SAY_CLEAN_MAX];
    char amount[CMD_FILE_AMOUNT];
    char state[32];
    const char *nick = cmd_ask_text(file, "nick");
    cmd_file_state(file, state, sizeof state);
    say_out("%-8s  %10s  %-12s  ", cmd_network_short(file, "id"),
            say_bytes(cmd_ask_count(file, "size"), amount, sizeof amount), state);
    say_out("%-16.40s  ", nick[0] != '\0' ? say_clean(nick, clean) : "-");
    say_out("%s\n", say_clean(cmd_ask_text(file, "name"), clean));
}

static int cmd_file_ask_list(const struct call *call, json_t **result)
{
    json_t *params = json_pack("{s:s*}", "network", args_value(&call->args, "network"));
    int code = cmd_ask(call, "file.list", params, result);
    json_decref(params);
    return code;
}

static int cmd_file_list(const struct call *call)
{
    json_t *result = NULL;
    int code = cmd_file_ask_list(call, &result);
    const json_t *files = json_object_get(result, "files");
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0 && json_array_size(files) == 0) {
        say_out("no files are offered; 'wavu file send PATH' offers one\n");
    } else if (code == 0) {
        say_out("%-8s  %10s  %-12s  %-16s  NAME\n", "ID", "SIZE", "STATE", "FROM");
        for (size_t i = 0; i < json_array_size(files); i++) {
            cmd_file_print_one(json_array_get(files, i));
        }
    }
    json_decref(result);
    return code;
}

/* ---- Which one ---- */

static bool cmd_file_fits(const char *id, const char *part)
{
    size_t id_len = strlen(id);
    size_t len = strlen(part);
    return len >= CMD_FILE_PART_MIN && id_len >= len &&
           (strncmp(id, part, len) == 0 || strcmp(id + id_len - len, part) == 0);
}

/* {"id": of the one offer that the second word means}, the caller's; else an exit code. */
static int cmd_file_find(const struct call *call, json_t **params)
{
    const char *part = call->args.words[1];
    json_t *result = NULL;
    const json_t *found = NULL;
    size_t count = 0;
    int code = cmd_file_ask_list(call, &result);
    const json_t *files = json_object_get(result, "files");
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);
        if (cmd_file_fits(cmd_ask_text(file, "id"), part)) {
            found = file;
            count++;
        }
    }
    if (code == 0 && strlen(part) < CMD_FILE_PART_MIN) {
        code = say_problem(SAY_USAGE,
                           "an offer is named by its id, or by the first or last %d digits of it "
                           "or more, not by '%.64s'",
                           CMD_FILE_PART_MIN, part);
    } else if (code == 0 && count == 0) {
        code = say_problem(SAY_NOT_FOUND,
                           "no offer has an id that begins or ends with '%.64s'; 'wavu file list' "
                           "shows them",
                           part);
    } else if (code == 0 && count > 1) {
        code = say_problem(SAY_USAGE, "%zu offers have ids like '%.64s'; write more of it", count,
                           part);
    }
    *params = code == 0 ? json_pack("{s:O}", "id", json_object_get(found, "id")) : NULL;
    json_decref(result);
    return code;
}

/* ---- Accepting ---- */

static const struct timespec cmd_file_pause = {.tv_nsec = 300 * 1000000L};

/* One line that is written over, where a person looks on. */
static void cmd_file_progress(const json_t *file, bool is_last)
{
    char done[CMD_FILE_AMOUNT];
    char whole[CMD_FILE_AMOUNT];
    if (isatty(STDERR_FILENO) == 0 || say_is_quiet()) {
        return;
    }
    if (is_last) {
        (void)fprintf(stderr, "\r%*s\r", SAY_WIDTH - 1, "");
    } else {
        uint64_t holders = cmd_ask_count(file, "holders");
        (void)fprintf(stderr, "\r");
        (void)fprintf(
            stderr,
            tongue_many("%s of %s from %llu member    ", "%s of %s from %llu members    ", holders),
            say_bytes(cmd_ask_count(file, "bytes"), done, sizeof done),
            say_bytes(cmd_ask_count(file, "size"), whole, sizeof whole),
            (unsigned long long)holders);
    }
    (void)fflush(stderr);
}

static int cmd_file_stopped(const char *error)
{
    if (strcmp(error, "not_found") == 0) {
        return say_problem(SAY_NOT_FOUND, "nobody who can be reached has the file (any more): it "
                                          "was changed, moved or withdrawn; ask its owner to send "
                                          "it again");
    }
    if (strcmp(error, "no_space") == 0) {
        return say_problem(SAY_FAILURE, "the disk is full; make room and accept the file again: it "
                                        "goes on where it stopped");
    }
    if (strcmp(error, "proto") == 0) {
        return say_problem(SAY_FAILURE, "what came was not that file, and nothing of it was kept; "
                                        "ask its owner to send it again");
    }
    return say_problem(SAY_FAILURE,
                       "the file did not come (%.32s); accept it again: it goes on where it "
                       "stopped",
                       error[0] != '\0' ? error : "stopped");
}

/* It is here: say where, or bring it to where it is wanted. */
static int cmd_file_here(const struct call *call, const json_t *result, const json_t *file)
{
    char clean[SAY_CLEAN_MAX];
    char home[HOME_PATH_MAX];
    char path[HOME_PATH_MAX];
    char out[COPY_OUT_PATH_MAX];
    const char *shown = path;
    int code = home_find(call->home, home);
    code = code != 0 ? code : home_path(home, cmd_ask_text(file, "path"), path);
    if (code == 0 && call->args.word_count > 2) {
        code = copy_out(path, call->args.words[2], out);
        shown = out;
    }
    if (code == 0 && call->is_json) {
        return cmd_ask_print_json(result);
    }
    if (code == 0) {
        say_out("it is here: %s\n", say_clean(shown, clean));
    }
    return code;
}

/* Until the file is here, or does not come any more. */
static int cmd_file_wait(const struct call *call, json_t *params)
{
    for (;;) {
        json_t *result = NULL;
        char error[SAY_CLEAN_MAX];
        int code = cmd_ask(call, "file.look", params, &result);
        const json_t *file = json_object_get(result, "file");
        bool is_coming = code == 0 && cmd_file_is(file, "coming");
        cmd_file_progress(file, !is_coming);
        if (code == 0 && cmd_file_is(file, "here")) {
            code = cmd_file_here(call, result, file);
        } else if (code == 0 && cmd_file_is(file, "stopped")) {
            code = cmd_file_stopped(say_clean(cmd_ask_text(file, "error"), error));
        } else if (code == 0 && !is_coming) {
            code = say_problem(SAY_FAILURE, "it was cancelled");
        }
        json_decref(result);
        if (!is_coming) {
            return code;
        }
        (void)nanosleep(&cmd_file_pause, NULL);
    }
}

static int cmd_file_accept(const struct call *call)
{
    bool waits = args_has(&call->args, "wait") || call->args.word_count > 2;
    char amount[CMD_FILE_AMOUNT];
    char clean[SAY_CLEAN_MAX];
    json_t *params = NULL;
    json_t *result = NULL;
    if (call->args.word_count < 2) {
        return say_problem(SAY_USAGE, "file accept takes an ID, of 'wavu file list'");
    }
    if (args_has(&call->args, "to") || args_has(&call->args, "room")) {
        return say_problem(SAY_USAGE, "--to and --room say where a file is sent to; where one goes "
                                      "that comes, stands behind its id: wavu file accept ID PATH");
    }
    int code = cmd_file_find(call, &params);
    if (code == 0) {
        code = cmd_ask(call, "file.look", params, &result);
    }
    const json_t *file = json_object_get(result, "file");
    bool is_begun = cmd_file_is(file, "coming") || cmd_file_is(file, "here");
    waits = waits || cmd_file_is(file, "here"); /* that is over at once */
    if (code == 0 && !(waits && is_begun)) {
        json_decref(result);
        code = cmd_ask(call, "file.accept", params, &result);
        file = json_object_get(result, "file");
    }
    if (code == 0 && waits) {
        code = cmd_file_wait(call, params);
    } else if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        say_out("%s, ", say_clean(cmd_ask_text(file, "name"), clean));
        say_out("%s, is coming; 'wavu file list' shows how far it is\n",
                say_bytes(cmd_ask_count(file, "size"), amount, sizeof amount));
    }
    json_decref(params);
    json_decref(result);
    return code;
}

static int cmd_file_cancel(const struct call *call)
{
    json_t *params = NULL;
    json_t *result = NULL;
    if (call->args.word_count != 2) {
        return say_problem(SAY_USAGE, "file cancel takes an ID, of 'wavu file list'");
    }
    int code = cmd_file_find(call, &params);
    if (code == 0) {
        code = cmd_ask(call, "file.cancel", params, &result);
    }
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        say_out("cancelled\n");
    }
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_file_run(struct call *call)
{
    static const struct {
        const char *name;
        int (*run)(const struct call *call);
    } verbs[] = {{"send", cmd_file_send},
                 {"list", cmd_file_list},
                 {"accept", cmd_file_accept},
                 {"cancel", cmd_file_cancel}};
    const char *verb = call->args.words[0];
    struct guess guess = {NULL, 0};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, verb) == 0) {
            return verbs[i].run(call);
        }
        guess_try(&guess, verb, verbs[i].name);
    }
    if (guess.word != NULL) {
        return say_problem(SAY_USAGE,
                           "file does not understand '%.64s'; did you mean 'wavu file "
                           "%s'?",
                           verb, guess.word);
    }
    return say_problem(SAY_USAGE, "file takes send, list, accept or cancel, not '%.64s'", verb);
}
