/*
 * Settings come from the file, leave as lines that the file could hold.
 */
#include "apps/wavu/cmd_config.h"

#include <jansson.h>
#include <string.h>

#include "apps/settings/file_guard.h"
#include "apps/settings/home.h"
#include "apps/settings/places.h"
#include "apps/term/say.h"
#include "apps/settings/settings.h"
#include "base/guess.h"

static int cmd_config_dump(const char *bytes, size_t len, void *context)
{
    (void)context;
    say_out("%.*s", (int)len, bytes);
    return 0;
}

/* A text as JSON has it: a path may hold anything. */
static void cmd_config_print_text(const char *text)
{
    json_t *value = json_string(text); /* NULL for what is no UTF-8 */
    if (value == NULL || json_dump_callback(value, cmd_config_dump, NULL, JSON_ENCODE_ANY) != 0) {
        say_out("null");
    }
    json_decref(value);
}

static void cmd_config_print_json(const struct settings *s, bool has_origin)
{
    char value[SETTINGS_VALUE_MAX];
    char place[SETTINGS_PLACE_MAX];
    const char *name = settings_name(0);
    say_out("{");
    for (size_t i = 0; name != NULL; name = settings_name(++i)) {
        say_out("%s\"%s\":", i > 0 ? "," : "", name);
        if (has_origin) {
            say_out("{\"value\":%s,\"origin\":\"%s\",\"place\":", settings_show(s, i, value),
                    settings_origin(s, i));
            cmd_config_print_text(settings_place(s, i, place));
            say_out("}");
        } else {
            say_out("%s", settings_show(s, i, value));
        }
    }
    say_out("}\n");
}

static void cmd_config_print(const struct settings *s, bool has_origin)
{
    char value[SETTINGS_VALUE_MAX];
    char place[SETTINGS_PLACE_MAX];
    const char *name = settings_name(0);
    for (size_t i = 0; name != NULL; name = settings_name(++i)) {
        say_out("%s = %s", name, settings_show(s, i, value));
        if (has_origin) {
            say_out(" # %s", settings_place(s, i, place));
        }
        say_out("\n");
    }
}

/* A file in the wrong place would be good, too, if those that were read were not named here. */
static void cmd_config_print_good(const struct call *call, const struct settings *s,
                                  const char *own)
{
    if (call->is_json) {
        say_out("{\"isGood\":true,\"files\":[");
        for (size_t i = 0; i < s->file_count; i++) {
            say_out("%s", i > 0 ? "," : "");
            cmd_config_print_text(s->files[i]);
        }
        say_out("]}\n");
        return;
    }
    for (size_t i = 0; i < s->file_count; i++) {
        say_out("the settings in '%s' are good\n", s->files[i]);
    }
    if (s->file_count == 0) {
        say_out("there is no '%s': all settings have their defaults\n", own);
    }
}

/* All that a node in this home would read, or the file that is named. */
static int cmd_config_read(const struct call *call, struct settings *s, struct places *places)
{
    char home[HOME_PATH_MAX];
    if (call->args.word_count > 1) {
        return settings_read_file(s, call->args.words[1], false);
    }
    int code = home_find(call->home, home);
    code = code == 0 ? places_find(places, call->home, home) : code;
    code = code == 0 ? settings_read_places(s, places) : code;
    return code == 0 ? settings_read_environment(s) : code;
}

int cmd_config_run(struct call *call)
{
    static struct settings settings; /* 41 KiB */
    static struct places places;     /* 33 KiB */
    bool is_check = strcmp(call->args.words[0], "check") == 0;
    if (!is_check && strcmp(call->args.words[0], "show") != 0) {
        struct guess guess = {NULL, 0};
        guess_try(&guess, call->args.words[0], "check");
        guess_try(&guess, call->args.words[0], "show");
        return guess.word != NULL
                   ? say_problem(SAY_USAGE,
                                 "config takes check or show, not '%.64s'; did you mean %s?",
                                 call->args.words[0], guess.word)
                   : say_problem(SAY_USAGE, "config takes check or show, not '%.64s'",
                                 call->args.words[0]);
    }
    settings_init(&settings);
    int code = cmd_config_read(call, &settings, &places);
    if (code == 0) {
        code = settings_check(&settings);
    }
    const char *secret = settings_file_of(&settings, "keypair_seed");
    if (code == 0 && is_check && secret != NULL) {
        file_guard_warn(secret);
    }
    bool has_origin = args_has(&call->args, "origin");
    if (code == 0 && is_check) {
        cmd_config_print_good(call, &settings, places.own);
    } else if (code == 0 && call->is_json) {
        cmd_config_print_json(&settings, has_origin);
    } else if (code == 0) {
        cmd_config_print(&settings, has_origin);
    }
    settings_wipe(&settings);
    return code;
}
