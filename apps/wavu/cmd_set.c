/*
 * One setting: read as a node would read it, changed in the file that is this user's.
 *
 * The new text is judged as a whole, with all files that are read beside it, before it is written.
 */
#include "apps/wavu/cmd_set.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/rpc/rpc_client.h"
#include "apps/term/say.h"
#include "apps/settings/home.h"
#include "apps/settings/places.h"
#include "apps/settings/settings.h"
#include "apps/settings/text_file.h"
#include "apps/wavu/up_reload.h"
#include "base/toml_edit.h"

#define CMD_SET_ASK_MS 500 /* for the node's word that it is there */

/* What a command works on. */
struct cmd_set {
    const struct call *call;
    char home[HOME_PATH_MAX];
    struct places places;
    struct settings settings; /* as they are after the change */
    size_t which;             /* setting */
    struct buf before;        /* the file's text */
    struct buf after;
};

static int cmd_set_find(struct cmd_set *set, const struct call *call)
{
    *set = (struct cmd_set){.call = call};
    buf_init(&set->before, SETTINGS_FILE_MAX);
    buf_init(&set->after, SETTINGS_FILE_MAX);
    int code = home_find(call->home, set->home);
    return code == 0 ? places_find(&set->places, call->home, set->home) : code;
}

static void cmd_set_clear(struct cmd_set *set)
{
    buf_wipe(&set->before);
    buf_wipe(&set->after);
    settings_wipe(&set->settings);
}

/* ---- The value that is meant ---- */

/* A line of stdin, without its end; read byte by byte, so that it stands nowhere else. Returns 0,
 * or an exit code after a sentence. */
static int cmd_set_read_line(char out[SETTINGS_VALUE_MAX])
{
    size_t len = 0;
    while (len + 1 < SETTINGS_VALUE_MAX && read(STDIN_FILENO, out + len, 1) == 1 &&
           out[len] != '\n') {
        len++;
    }
    out[len] = '\0';
    out[strcspn(out, "\r")] = '\0';
    return len > 0 ? 0 : say_problem(SAY_USAGE, "the standard input holds no value");
}

/* What the file is to hold for it, into `out`. */
static int cmd_set_value(const struct cmd_set *set, struct buf *out)
{
    char line[SETTINGS_VALUE_MAX] = "";
    const char *word = set->call->args.words[1];
    const char *name = settings_name(set->which);
    int code = 0;
    if (strcmp(word, "-") != 0 && settings_is_secret(set->which)) {
        return say_problem(SAY_USAGE,
                           "%s is a secret, which others see on a command line; hand it over on "
                           "the standard input: wavu set %s - <FILE",
                           name, name);
    }
    if (strcmp(word, "-") == 0) {
        code = cmd_set_read_line(line);
        word = line;
    }
    code = code == 0 ? settings_write(set->which, word, out) : code;
    explicit_bzero(line, sizeof line);
    return code;
}

/* ---- The file ---- */

/* Would a node start with the new text? It is read where its file is read. */
static int cmd_set_judge(struct cmd_set *set)
{
    struct settings *s = &set->settings;
    bool is_read = false;
    int code = 0;
    settings_init(s);
    for (size_t i = 0; i < set->places.count && code == 0; i++) {
        const char *file = set->places.files[i];
        bool is_own = strcmp(file, set->places.own) == 0;
        code = is_own ? settings_read_text(s, file, buf_span(&set->after))
                      : settings_read_file(s, file, true);
        is_read = is_read || is_own;
    }
    if (code == 0 && !is_read) {
        code = settings_read_text(s, set->places.own, buf_span(&set->after));
    }
    code = code == 0 ? settings_read_environment(s) : code;
    return code == 0 ? settings_check(s) : code;
}

/* The text with the change, for which `value` is NULL when the key is to go. */
static int cmd_set_edit(struct cmd_set *set, const char *value)
{
    struct toml_error error;
    const char *name = settings_name(set->which);
    const char *path = set->places.own;
    int rc = value != NULL ? toml_edit_set(buf_span(&set->before), name, value, &set->after, &error)
                           : toml_edit_unset(buf_span(&set->before), name, &set->after, &error);
    if (rc == WAVU_ERR_NOT_FOUND) {
        return say_problem(SAY_NOT_FOUND,
                           "%s is not in '%s'; 'wavu config show --origin' says where it is from",
                           name, path);
    }
    if (rc < 0 && error.message != NULL) {
        return say_problem(SAY_USAGE, "%s:%u:%u: %s", path, error.line, error.column,
                           error.message);
    }
    return rc < 0 ? say_problem(SAY_FAILURE, "the settings '%s' would be longer than %d KiB", path,
                                SETTINGS_FILE_MAX / 1024)
                  : cmd_set_judge(set);
}

static int cmd_set_change(struct cmd_set *set, const char *value)
{
    struct text_file file;
    const char *own = set->places.own;
    bool is_system = strncmp(own, PLACES_SYSTEM_SETTINGS "/", sizeof PLACES_SYSTEM_SETTINGS) == 0;
    int code = text_file_open(&file, own, is_system ? 0644 : 0600, &set->before);
    code = code == 0 ? cmd_set_edit(set, value) : code;
    if (value != NULL && settings_is_secret(set->which) && !is_system) {
        file.mode = 0600; /* whoever made the file did not think of secrets */
    }
    code = code == 0 ? text_file_replace(&file, buf_span(&set->after)) : code;
    text_file_close(&file);
    return code;
}

/* ---- What is said of it ---- */

static bool cmd_set_has_node(const struct cmd_set *set)
{
    char socket[HOME_PATH_MAX];
    json_t *result = NULL;
    if (home_path(set->home, HOME_CONTROL, socket) != 0 || access(socket, F_OK) != 0) {
        return false;
    }
    int rc = rpc_client_ask(socket, "rpc.version", NULL, CMD_SET_ASK_MS, &result);
    json_decref(result);
    return rc == 0;
}

static void cmd_set_report(const struct cmd_set *set)
{
    char value[SETTINGS_VALUE_MAX];
    char place[SETTINGS_PLACE_MAX];
    const char *name = settings_name(set->which);
    const char *file = settings_file_of(&set->settings, name);
    bool is_default = strcmp(settings_origin(&set->settings, set->which), "default") == 0;
    bool has_node = cmd_set_has_node(set);
    (void)settings_show(&set->settings, set->which, value);
    if (set->call->is_json) {
        say_out("{\"key\":\"%s\",\"value\":%s,\"origin\":\"%s\",\"isRunning\":%s,"
                "\"takenBy\":\"%s\"}\n",
                name, value, settings_origin(&set->settings, set->which),
                has_node ? "true" : "false", up_reload_is_live(name) ? "reload" : "start");
    } else {
        say_out("%s = %s\n", name, value);
    }
    if (!is_default && (file == NULL || strcmp(file, set->places.own) != 0)) {
        say_warning("what is in '%s' is not what holds for %s: %s goes before it", set->places.own,
                    name, settings_place(&set->settings, set->which, place));
    }
    if (has_node && up_reload_is_live(name)) {
        say_note("The node that runs takes it with: wavu reload");
    } else if (has_node) {
        say_note("The node that runs takes it when it starts again.");
    }
}

static int cmd_set_both(struct call *call, bool is_set)
{
    static struct cmd_set set; /* 75 KiB */
    struct buf value;
    int code = cmd_set_find(&set, call);
    buf_init(&value, SETTINGS_FILE_MAX / 2);
    if (code == 0) {
        set.which = settings_find(call->args.words[0]);
        code = set.which == SETTINGS_COUNT_MAX ? SAY_NOT_FOUND : 0;
    }
    if (code == 0 && is_set) {
        code = cmd_set_value(&set, &value);
        code = code == 0 && buf_append(&value, span_of("", 1)) < 0 ? SAY_FAILURE : code;
    }
    code = code == 0 ? cmd_set_change(&set, is_set ? (const char *)value.ptr : NULL) : code;
    if (code == 0) {
        cmd_set_report(&set);
    }
    buf_wipe(&value);
    cmd_set_clear(&set);
    return code;
}

int cmd_set_run(struct call *call)
{
    return cmd_set_both(call, true);
}

int cmd_set_unset_run(struct call *call)
{
    return cmd_set_both(call, false);
}

/* For a script: a text without its quotes. */
static void cmd_set_print_value(const char *value)
{
    size_t len = strlen(value);
    bool is_text = len >= 2 && value[0] == '"';
    say_out("%.*s\n", (int)(is_text ? len - 2 : len), is_text ? value + 1 : value);
}

int cmd_set_get_run(struct call *call)
{
    static struct cmd_set set; /* 75 KiB */
    char value[SETTINGS_VALUE_MAX];
    const char *wanted = call->args.word_count > 0 ? call->args.words[0] : NULL;
    int code = cmd_set_find(&set, call);
    settings_init(&set.settings);
    code = code == 0 ? settings_read_places(&set.settings, &set.places) : code;
    code = code == 0 ? settings_read_environment(&set.settings) : code;
    if (code == 0 && wanted != NULL) {
        set.which = settings_find(wanted);
        code = set.which == SETTINGS_COUNT_MAX ? SAY_NOT_FOUND : 0;
    }
    if (code == 0 && call->is_json) {
        say_out("{");
        for (size_t i = 0; settings_name(i) != NULL; i++) {
            if (wanted == NULL || i == set.which) {
                say_out("%s\"%s\":%s", i > 0 && wanted == NULL ? "," : "", settings_name(i),
                        settings_show(&set.settings, i, value));
            }
        }
        say_out("}\n");
    } else if (code == 0 && wanted != NULL) {
        cmd_set_print_value(settings_show(&set.settings, set.which, value));
    } else if (code == 0) {
        for (size_t i = 0; settings_name(i) != NULL; i++) {
            say_out("%s = %s\n", settings_name(i), settings_show(&set.settings, i, value));
        }
    }
    cmd_set_clear(&set);
    return code;
}
