/*
 * Settings come from the file, leave as lines that the file could hold.
 */
#include "apps/wavu/cmd_config.h"

#include <string.h>
#include <unistd.h>

#include "apps/wavu/home.h"
#include "apps/term/say.h"
#include "apps/wavu/settings.h"
#include "base/guess.h"

static void cmd_config_print(const struct settings *s, bool has_origin, bool is_json)
{
    char value[SETTINGS_VALUE_MAX];
    const char *name = settings_name(0);
    say_out("%s", is_json ? "{" : "");
    for (size_t i = 0; name != NULL; name = settings_name(++i)) {
        (void)settings_show(s, i, value);
        if (is_json && has_origin) {
            say_out("%s\"%s\":{\"value\":%s,\"origin\":\"%s\"}", i > 0 ? "," : "", name, value,
                    settings_origin(s, i));
        } else if (is_json) {
            say_out("%s\"%s\":%s", i > 0 ? "," : "", name, value);
        } else if (has_origin) {
            say_out("%s = %s # %s\n", name, value, settings_origin(s, i));
        } else {
            say_out("%s = %s\n", name, value);
        }
    }
    say_out("%s", is_json ? "}\n" : "");
}

/* The file that is meant: the second word, or the home's. */
static int cmd_config_path(const struct call *call, char out[HOME_PATH_MAX], bool *is_named)
{
    char home[HOME_PATH_MAX];
    *is_named = call->args.word_count > 1;
    if (*is_named) {
        return strlen(call->args.words[1]) < HOME_PATH_MAX
                   ? (memcpy(out, call->args.words[1], strlen(call->args.words[1]) + 1), 0)
                   : say_problem(SAY_USAGE, "the path of the settings is too long");
    }
    int code = home_find(call->home, home);
    return code != 0 ? code : home_path(home, SETTINGS_FILE, out);
}

/* A file in the wrong place would be good, too, if it were not named here. */
static void cmd_config_print_good(const struct call *call, const char *path)
{
    if (call->is_json) {
        say_out("{\"isGood\":true}\n");
    } else if (access(path, F_OK) == 0) {
        say_out("the settings in '%s' are good\n", path);
    } else {
        say_out("there is no '%s': all settings have their defaults\n", path);
    }
}

int cmd_config_run(struct call *call)
{
    static struct settings settings; /* 9 KiB */
    char path[HOME_PATH_MAX];
    bool is_named = false;
    bool is_check = strcmp(call->args.words[0], "check") == 0;
    if (!is_check && strcmp(call->args.words[0], "show") != 0) {
        struct guess guess = {NULL, 0};
        guess_try(&guess, call->args.words[0], "check");
        guess_try(&guess, call->args.words[0], "show");
        return say_problem(SAY_USAGE, "config takes check or show, not '%.64s'%s%s",
                           call->args.words[0], guess.word != NULL ? "; did you mean " : "",
                           guess.word != NULL ? guess.word : "");
    }
    settings_init(&settings);
    int code = cmd_config_path(call, path, &is_named);
    if (code == 0) {
        code = settings_read_file(&settings, path, !is_named);
    }
    if (code == 0) {
        code = settings_check(&settings);
    }
    if (code == 0 && is_check) {
        cmd_config_print_good(call, path);
    } else if (code == 0) {
        cmd_config_print(&settings, args_has(&call->args, "origin"), call->is_json);
    }
    settings_wipe(&settings);
    return code;
}
