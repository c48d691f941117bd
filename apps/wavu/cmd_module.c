/*
 * Modules of the running node, loaded and listed.
 */
#include "apps/wavu/cmd_module.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apps/term/say.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/command.h"

/* "metric filter" */
static void cmd_module_print_kinds(const json_t *module)
{
    const json_t *kinds = json_object_get(module, "kinds");
    char clean[SAY_CLEAN_MAX];
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const char *word = json_string_value(json_array_get(kinds, i));
        say_out("%s%s", i > 0 ? " " : "", say_clean(word != NULL ? word : "", clean));
    }
}

static void cmd_module_print_one(const json_t *module)
{
    char name[SAY_CLEAN_MAX];
    char version[SAY_CLEAN_MAX];
    char word[SAY_CLEAN_MAX];
    say_out("%s %s: ", say_clean(cmd_ask_text(module, "name"), name),
            say_clean(cmd_ask_text(module, "version"), version));
    cmd_module_print_kinds(module);
    say_out(", %llu calls, %llu slow, %llu bad answers, longest %llu us\n",
            (unsigned long long)cmd_ask_count(module, "calls"),
            (unsigned long long)cmd_ask_count(module, "slow"),
            (unsigned long long)cmd_ask_count(module, "bad"),
            (unsigned long long)cmd_ask_count(module, "longestUs"));
    if (json_is_true(json_object_get(module, "isOff"))) {
        say_out("    off: %s\n", say_clean(cmd_ask_text(module, "whyOff"), word));
    }
}

static int cmd_module_print(const struct call *call, const json_t *result)
{
    const json_t *modules = json_object_get(result, "modules");
    if (call->is_json) {
        return cmd_ask_print_json(result);
    }
    if (json_array_size(modules) == 0) {
        say_out("no modules are loaded\n");
    }
    for (size_t i = 0; i < json_array_size(modules); i++) {
        cmd_module_print_one(json_array_get(modules, i));
    }
    return SAY_OK;
}

/* Ask, and show the list that is answered. Takes `params`. */
static int cmd_module_ask(const struct call *call, const char *method, json_t *params)
{
    json_t *result = NULL;
    int code = params == NULL ? say_problem(SAY_USAGE, "paths and names are text in UTF-8")
                              : cmd_ask(call, method, params, &result);
    code = code == 0 ? cmd_module_print(call, result) : code;
    json_decref(params);
    json_decref(result);
    return code;
}

/* The node stands in a folder of its own: it is told the whole path. */
static int cmd_module_load(const struct call *call, const char *file, const char *argument)
{
    char path[PATH_MAX];
    char clean[SAY_CLEAN_MAX];
    if (realpath(file, path) == NULL) {
        return say_problem(SAY_NOT_FOUND,
                           "there is no file '%.200s' that can be read; check its name",
                           say_clean(file, clean));
    }
    return cmd_module_ask(call, "module.load",
                          json_pack("{s:s,s:s*}", "file", path, "argument", argument));
}

int cmd_module_run(struct call *call)
{
    const char *wish = call->args.words[0];
    const char *what = call->args.word_count > 1 ? call->args.words[1] : NULL;
    const char *argument = call->args.word_count > 2 ? call->args.words[2] : NULL;
    if (strcmp(wish, "list") == 0 && what == NULL) {
        return cmd_module_ask(call, "module.list", json_object());
    }
    if (strcmp(wish, "off") == 0 && what != NULL && argument == NULL) {
        return cmd_module_ask(call, "module.off", json_pack("{s:s}", "name", what));
    }
    if (strcmp(wish, "load") == 0 && what != NULL) {
        return cmd_module_load(call, what, argument);
    }
    return say_problem(SAY_USAGE, "it is: wavu module load FILE [ARGUMENT], module list, or module "
                                  "off NAME");
}
