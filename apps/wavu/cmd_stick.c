/*
 * Sticks on the command line. The running node has what is written and reads what was carried here;
 * the files are this program's, so that a slow stick holds up nothing.
 */
#include "apps/wavu/cmd_stick.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "apps/rpc/methods_stick.h"
#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_people.h"
#include "apps/term/say.h"
#include "apps/wavu/stick_files.h"
#include "base/mem.h"

#define PAUSE_MS 50
#define PATIENCE_MS 30000 /* for the node's disk */

/* What is counted of all files. */
struct cmd_stick_counts {
    size_t files;
    size_t bad; /* files that are none, or not whole */
    unsigned long long read, held, known, old, later, full, nobodys;
};

/* ---- Asking ---- */

static void cmd_stick_pause(void)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

    (void)nanosleep(&pause, NULL);
}

/* Ask until the node does not say "waiting" any more. */
static int cmd_stick_ask(const struct call *call, const char *method, json_t *params,
                         json_t **result)
{
    int code = cmd_ask(call, method, params, result);

    for (unsigned waited = 0; code == 0 && strcmp(cmd_ask_text(*result, "state"), "waiting") == 0;
         waited += PAUSE_MS) {
        json_decref(*result);
        *result = NULL;
        if (waited >= PATIENCE_MS) {
            return say_problem(SAY_TIMEOUT, "the node's disk does not follow; try again later");
        }
        cmd_stick_pause();
        code = cmd_ask(call, method, params, result);
    }
    return code;
}

static int cmd_stick_folder(struct stick_files *files, const char *path)
{
    char clean[SAY_CLEAN_MAX];
    const int err = stick_files_open(files, path);

    if (err == 0) {
        return 0;
    }
    return say_problem(err == ENOENT ? SAY_NOT_FOUND : SAY_FAILURE,
                       "the folder %s cannot be opened: %s; name the folder of the stick",
                       say_clean(path, clean), strerror(err));
}

/* ---- Export ---- */

static int cmd_stick_write_file(const struct stick_files *files, const json_t *result)
{
    const char *name = cmd_ask_text(result, "name");
    uint8_t *bytes = mem_new_raw(WAVU_STICK_FILE_MAX);
    size_t len = 0;
    int code = 0;

    if (!stick_files_is_name(name) ||
        !methods_stick_bytes(json_object_get(result, "data"), bytes, WAVU_STICK_FILE_MAX, &len)) {
        code = say_problem(SAY_FAILURE, "the node answers what this program does not understand; "
                                        "start the node anew with this wavu");
    } else {
        const int err = stick_files_write(files, name, bytes, len);

        code = err == 0 ? 0
                        : say_problem(SAY_FAILURE,
                                      "the stick cannot be written: %s; nothing is lost, it "
                                      "waits here",
                                      strerror(err));
    }
    mem_free(bytes);
    return code;
}

static int cmd_stick_export_files(const struct call *call, const struct stick_files *files,
                                  json_t *total)
{
    json_int_t count = 0;
    json_int_t messages = 0;
    bool is_over = false;
    int code = 0;

    while (code == 0 && !is_over) {
        json_t *result = NULL;

        code = cmd_stick_ask(call, "stick.next", NULL, &result);
        is_over = code == 0 && strcmp(cmd_ask_text(result, "state"), "file") != 0;
        if (code == 0 && !is_over) {
            code = cmd_stick_write_file(files, result);
            messages += (json_int_t)cmd_ask_count(result, "messages");
            count += code == 0 ? 1 : 0;
        } else if (code == 0) {
            (void)json_object_set_new(total, "unsealed",
                                      json_integer((json_int_t)cmd_ask_count(result, "unsealed")));
        }
        json_decref(result);
    }
    (void)json_object_set_new(total, "files", json_integer(count));
    (void)json_object_set_new(total, "messages", json_integer(messages));
    return code;
}

static int cmd_stick_export_print(const struct call *call, const json_t *total)
{
    const unsigned long long unsealed = cmd_ask_count(total, "unsealed");
    const unsigned long long messages = cmd_ask_count(total, "messages");

    if (call->is_json) {
        return cmd_ask_print_json(total);
    }
    if (messages == 0) {
        say_out("nothing waits to be carried\n");
    } else {
        const unsigned long long files = cmd_ask_count(total, "files");

        say_out(tongue_many("%llu sealed message is written", "%llu sealed messages are written",
                            messages),
                messages);
        say_out(tongue_many(", in %llu file; the stick may be pulled out\n",
                            ", in %llu files; the stick may be pulled out\n", files),
                files);
    }
    if (unsealed > 0) {
        say_out("%llu could not be sealed: the keys of their readers have not come here yet\n",
                unsealed);
    }
    return SAY_OK;
}

int cmd_stick_export_run(struct call *call)
{
    const char *who = args_value(&call->args, "for");
    struct stick_files files;
    json_t *member = NULL;
    json_t *result = NULL;

    if ((who != NULL) == args_has(&call->args, "all")) {
        return say_problem(SAY_USAGE, "export takes one of --for WHO and --all");
    }
    int code = cmd_stick_folder(&files, call->args.words[0]);
    if (code != 0) {
        return code;
    }
    code =
        who != NULL ? cmd_people_find(call, args_value(&call->args, "network"), who, &member) : 0;
    json_t *params = json_pack("{s:s*,s:O*}", "network", cmd_people_network(call, member), "member",
                               json_object_get(member, "id"));
    json_t *total = json_object();

    code = code == 0 ? cmd_ask(call, "stick.write", params, &result) : code;
    code = code == 0 ? cmd_stick_export_files(call, &files, total) : code;
    code = code == 0 ? cmd_stick_export_print(call, total) : code;
    json_decref(total);
    json_decref(params);
    json_decref(result);
    json_decref(member);
    stick_files_close(&files);
    return code;
}

/* ---- Import ---- */

/* The bytes to the node, a piece after the other. */
static int cmd_stick_hand_over(const struct call *call, struct span bytes)
{
    size_t at = 0;
    int code = 0;

    do {
        const struct span part = span_slice(bytes, at, METHODS_STICK_PART);
        json_t *result = NULL;
        json_t *params =
            json_pack("{s:I,s:o}", "at", (json_int_t)at, "data", methods_stick_text(part));

        code = cmd_ask(call, "stick.put", params, &result);
        json_decref(params);
        json_decref(result);
        at += part.len;
    } while (code == 0 && at < bytes.len);
    return code;
}

static void cmd_stick_add(struct cmd_stick_counts *c, const json_t *taken)
{
    c->read += cmd_ask_count(taken, "read");
    c->held += cmd_ask_count(taken, "held");
    c->known += cmd_ask_count(taken, "known");
    c->old += cmd_ask_count(taken, "old");
    c->later += cmd_ask_count(taken, "later");
    c->full += cmd_ask_count(taken, "full");
    c->nobodys += cmd_ask_count(taken, "nobodys");
}

/* One file of the folder. What is wrong with it is said, and the others go on; a node that is not
 * there ends it. */
static int cmd_stick_import_file(const struct call *call, const struct stick_files *files,
                                 const char *name, struct cmd_stick_counts *counts)
{
    json_t *params = json_pack("{s:s*}", "network", args_value(&call->args, "network"));
    uint8_t *bytes = mem_new_raw(WAVU_STICK_FILE_MAX);
    json_t *result = NULL;
    size_t len = 0;
    const int err = stick_files_read(files, name, bytes, &len);
    int code = 0;

    if (err != 0) {
        say_warning("%s is passed over: %s", name,
                    err == EINVAL ? tongue("it is no plain file, or too large") : strerror(err));
        counts->bad++;
    } else {
        code = cmd_stick_hand_over(call, span_of(bytes, len));
        code = code == 0 ? cmd_stick_ask(call, "stick.take", params, &result) : code;
        counts->files++;
        if (code == 0) {
            cmd_stick_add(counts, result);
        }
    }
    if (code == SAY_FAILURE || code == SAY_TIMEOUT) { /* what is wrong with it was said */
        say_warning("%s is passed over", name);
        counts->bad++;
        code = 0;
    }
    json_decref(result);
    json_decref(params);
    mem_free(bytes);
    return code;
}

static int cmd_stick_import_print(const struct call *call, const struct cmd_stick_counts *c)
{
    json_t *all = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "files", (json_int_t)c->files,
                            "bad", (json_int_t)c->bad, "read", (json_int_t)c->read, "held",
                            (json_int_t)c->held, "known", (json_int_t)c->known, "old",
                            (json_int_t)c->old, "later", (json_int_t)c->later, "full",
                            (json_int_t)c->full, "nobodys", (json_int_t)c->nobodys);

    if (call->is_json) {
        (void)!cmd_ask_print_json(all);
    } else if (c->files + c->bad == 0) {
        say_out("no files of a stick are there; 'wavu export' writes them\n");
    } else {
        say_out("%llu new for you, %llu held for others, %llu known already\n", c->read, c->held,
                c->known);
        if (c->old + c->nobodys > 0) {
            say_out("%llu too old, %llu for nobody here\n", c->old, c->nobodys);
        }
    }
    json_decref(all);
    if (c->later + c->full > 0) {
        return say_problem(SAY_FAILURE,
                           "%llu could not be taken yet; keep the files, and import "
                           "them again later",
                           c->later + c->full);
    }
    return c->bad > 0 ? SAY_FAILURE : SAY_OK;
}

int cmd_stick_import_run(struct call *call)
{
    struct cmd_stick_counts counts = {.files = 0};
    struct stick_files files;
    int code = cmd_stick_folder(&files, call->args.words[0]);

    if (code != 0) {
        return code;
    }
    if (files.has_more) {
        say_warning("only %d files are read at once; move these away, and import again",
                    STICK_FILES_MAX);
    }
    for (size_t i = 0; code == 0 && i < files.count; i++) {
        code = cmd_stick_import_file(call, &files, files.names[i], &counts);
    }
    stick_files_close(&files);
    return code == 0 ? cmd_stick_import_print(call, &counts) : code;
}
