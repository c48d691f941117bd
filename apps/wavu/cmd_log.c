/*
 * Levels by subsystem, as the node has them; a wrong one is refused before anybody is asked.
 */
#include "apps/wavu/cmd_log.h"

#include <jansson.h>
#include <string.h>

#include "apps/term/say.h"
#include "apps/wavu/cmd_ask.h"
#include "base/guess.h"
#include "base/log_levels.h"

#define CMD_LOG_WIDTH 10 /* characters: the longest subsystem and a blank */

/* What was meant: a subsystem before "=", a level behind it. */
static int cmd_log_explain(const char *word)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    char name[32];
    struct guess guess = {NULL, 0};
    const char *mark = strchr(word, '=');
    size_t len = mark != NULL ? (size_t)(mark - word) : 0;
    (void)snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : 0), word);
    bool is_known = false;
    for (size_t i = 0; log_levels_name(i) != NULL; i++) {
        is_known = is_known || strcmp(log_levels_name(i), name) == 0;
        guess_try(&guess, name, log_levels_name(i));
    }
    if (mark != NULL && !is_known) {
        return guess.word != NULL
                   ? say_problem(
                         SAY_USAGE,
                         "there is no subsystem '%s'; did you mean %s? 'wavu log' lists them", name,
                         guess.word)
                   : say_problem(SAY_USAGE, "there is no subsystem '%s'; 'wavu log' lists them",
                                 name);
    }
    guess = (struct guess){NULL, 0};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        guess_try(&guess, mark != NULL ? mark + 1 : word, levels[i]);
    }
    return guess.word != NULL
               ? say_problem(SAY_USAGE,
                             "log takes error, warn, info or debug, or SUBSYSTEM=LEVEL, not "
                             "'%.64s'; did you mean %s?",
                             word, guess.word)
               : say_problem(SAY_USAGE,
                             "log takes error, warn, info or debug, or SUBSYSTEM=LEVEL, not "
                             "'%.64s'",
                             word);
}

static void cmd_log_print(const json_t *result)
{
    char clean[SAY_CLEAN_MAX];
    json_t *subsystems = json_object_get(result, "subsystems");
    const char *name = NULL;
    json_t *level = NULL;
    say_out("%-*s %s\n", CMD_LOG_WIDTH, "all", say_clean(cmd_ask_text(result, "level"), clean));
    json_object_foreach(subsystems, name, level)
    {
        const char *text = json_string_value(level);
        say_out("%-*s ", CMD_LOG_WIDTH, say_clean(name, clean));
        say_out("%s\n", say_clean(text != NULL ? text : "", clean));
    }
}

int cmd_log_run(struct call *call)
{
    json_t *result = NULL;
    json_t *params = NULL;
    const char *word = call->args.word_count > 0 ? call->args.words[0] : NULL;
    struct log_levels scratch;
    log_levels_init(&scratch, LOG_WARN);
    if (word != NULL && log_levels_parse(&scratch, word) < 0) {
        return cmd_log_explain(word);
    }
    if (word != NULL) {
        params = json_pack("{s:s}", "level", word);
    }
    int code = cmd_ask(call, word != NULL ? "log.set" : "log.get", params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        cmd_log_print(result);
    }
    json_decref(params);
    json_decref(result);
    return code;
}
