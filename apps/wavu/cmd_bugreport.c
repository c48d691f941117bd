/*
 * Looks, writes a file that nothing has yet, and says what is in it.
 */
#include "apps/wavu/cmd_bugreport.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/doctor/bugreport.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_doctor.h"
#include "apps/doctor/doctor_ask.h"
#include "apps/term/say.h"

/* A name that says when, in the folder of now. */
static void cmd_bugreport_name(char out[HOME_PATH_MAX])
{
    struct tm tm;
    time_t now = time(NULL);
    if (gmtime_r(&now, &tm) == NULL ||
        strftime(out, HOME_PATH_MAX, "wavu-bugreport-%Y%m%d-%H%M%S.txt", &tm) == 0) {
        (void)snprintf(out, HOME_PATH_MAX, "wavu-bugreport.txt");
    }
}

static int cmd_bugreport_explain(const char *path, int error_number)
{
    switch (error_number) {
    case EEXIST:
    case ELOOP:
        return say_problem(
            SAY_CONFLICT, "'%.200s' is there already and is not replaced; name another file", path);
    case EACCES:
    case EPERM:
    case EROFS:
        return say_problem(SAY_DENIED,
                           "this user may not write '%.200s'; name a file in a folder of your own",
                           path);
    case ENOENT:
    case ENOTDIR:
        return say_problem(SAY_NOT_FOUND,
                           "there is no folder for '%.200s'; make it, or name another file", path);
    case ENOSPC:
    case EDQUOT:
        return say_problem(SAY_FAILURE, "the disk of '%.200s' is full; name a file on another one",
                           path);
    default:
        return say_problem(SAY_FAILURE, "'%.200s' cannot be written: %s; name another file", path,
                           strerror(error_number));
    }
}

/* A new file, of this user alone, whole or not there. Returns 0, or an exit code after a sentence.
 */
static int cmd_bugreport_save(const char *path, struct span text)
{
    size_t done = 0;
    int error_number = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return cmd_bugreport_explain(path, errno);
    }
    if (fchmod(fd, 0600) != 0) {
        error_number = errno;
    }
    while (done < text.len && error_number == 0) {
        ssize_t put = write(fd, text.ptr + done, text.len - done);
        error_number = put < 0 && errno != EINTR ? errno : 0;
        done += put > 0 ? (size_t)put : 0;
    }
    if (error_number == 0 && fsync(fd) != 0) {
        error_number = errno;
    }
    if (close(fd) != 0 && error_number == 0) {
        error_number = errno;
    }
    if (error_number != 0) {
        (void)unlink(path);
        return cmd_bugreport_explain(path, error_number);
    }
    return 0;
}

static int cmd_bugreport_make(const struct call *call, const char *home, struct buf *out)
{
    struct doctor_world world;
    struct bugreport_answers answers = {.metrics = NULL};
    cmd_doctor_look(&world, call->home, home);
    if (world.node == DOCTOR_NODE_UP) {
        answers.metrics = doctor_ask_method(&world, "node.metrics");
        answers.rooms = doctor_ask_method(&world, "room.list");
        answers.chats = doctor_ask_method(&world, "direct.chats");
        answers.contacts = doctor_ask_method(&world, "contact.list");
        answers.files = doctor_ask_method(&world, "file.list");
    }
    int rc = bugreport_write(&world, &answers, out);
    json_decref(answers.metrics);
    json_decref(answers.rooms);
    json_decref(answers.chats);
    json_decref(answers.contacts);
    json_decref(answers.files);
    cmd_doctor_clear(&world);
    return rc == 0 ? 0 : say_problem(SAY_FAILURE, "the bug report is longer than it may be");
}

static int cmd_bugreport_tell(const struct call *call, const char *path)
{
    if (!call->is_json) {
        say_out("%s\n", path);
        if (!say_is_quiet()) {
            say_wrapped(0, 0, BUGREPORT_HOLDS);
            say_wrapped(0, 0, BUGREPORT_HOLDS_NOT);
        }
        return SAY_OK;
    }
    json_t *result = json_object();
    (void)json_object_set_new(result, "file", jsonrpc_text(path));
    int code = cmd_ask_print_json(result);
    json_decref(result);
    return code;
}

int cmd_bugreport_run(struct call *call)
{
    char home[HOME_PATH_MAX];
    char path[HOME_PATH_MAX];
    struct buf text;
    int code = home_find(call->home, home);
    if (code != 0) {
        return code;
    }
    if (call->args.word_count == 0) {
        cmd_bugreport_name(path);
    } else if (strcmp(call->args.words[0], "-") != 0 &&
               (size_t)snprintf(path, sizeof path, "%s", call->args.words[0]) >= sizeof path) {
        return say_problem(SAY_USAGE, "the name of the file is too long");
    }
    buf_init(&text, BUGREPORT_MAX);
    code = cmd_bugreport_make(call, home, &text);
    if (code == 0 && call->args.word_count > 0 && strcmp(call->args.words[0], "-") == 0) {
        say_out("%.*s", (int)text.len, (const char *)text.ptr);
    } else if (code == 0) {
        code = cmd_bugreport_save(path, buf_span(&text));
        code = code == 0 ? cmd_bugreport_tell(call, path) : code;
    }
    buf_clear(&text);
    return code;
}
