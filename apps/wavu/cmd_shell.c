/*
 * The program's own commands, handed to apps/shell, and the node that all of them ask.
 */
#include "apps/wavu/cmd_shell.h"

#include <stdio.h>

#include "apps/term/say.h"

#ifdef WAVU_HAS_SHELL

#include <string.h>

#include "apps/shell/shell.h"
#include "apps/wavu/commands.h"
#include "apps/settings/home.h"
#include "apps/settings/places.h"
#include "apps/wavu/start_node.h"

#define CMD_SHELL_WORDS                                                                            \
    40 /* of one command line: what the shell takes, and the options before it */

/* What has no place in the shell: it would begin another, or does something to the node's place. */
static bool cmd_shell_is_hidden(const char *name)
{
    static const char *const hidden[] = {"up", "shell", "chat"};
    bool is_hidden = false;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        is_hidden = is_hidden || strcmp(name, hidden[i]) == 0;
    }
    return is_hidden;
}

/* A shell under way. */
struct cmd_shell {
    const struct call *call;
    char home[HOME_PATH_MAX];
    char option[64]; /* the one that was asked for last */
};

/* What was said to the shell is said to each of its commands. */
static int cmd_shell_command(void *context, int count, char *const *words)
{
    static char home_option[] = "--home";
    static char colour_option[] = "--color";
    static char flags[][16] = {"--json", "--quiet", "--no-input"};
    struct cmd_shell *s = context;
    const char *colour = args_value(&s->call->args, "color");
    char *line[CMD_SHELL_WORDS] = {home_option, s->home};
    int used = 2;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (args_has(&s->call->args, flags[i] + strlen("--"))) {
            line[used++] = flags[i];
        }
    }
    if (colour != NULL) {
        line[used++] = colour_option;
        line[used++] = (char *)(uintptr_t)colour;
    }
    for (int i = 0; i < count && used < CMD_SHELL_WORDS; i++) {
        line[used++] = words[i];
    }
    return commands_call(used, line);
}

static bool cmd_shell_at(void *context, size_t i, struct shell_row *out)
{
    const struct command *command = NULL;
    (void)context;
    for (size_t at = 0; (command = commands_at(at)) != NULL; at++) {
        if (cmd_shell_is_hidden(command->name)) {
            continue;
        }
        if (i == 0) {
            *out = (struct shell_row){command->name, command->words, command->summary};
            return true;
        }
        i--;
    }
    return false;
}

static const char *cmd_shell_option(void *context, const char *name, size_t i)
{
    struct cmd_shell *s = context;
    const struct command *command = commands_find(name);
    size_t common_count = 0;
    const struct args_option *common = commands_common(&common_count);
    size_t own = command == NULL ? 0 : command->option_count;
    if (command == NULL || i >= own + common_count) {
        return NULL;
    }
    (void)snprintf(s->option, sizeof s->option, "--%s",
                   i < own ? command->options[i].name : common[i - own].name);
    return s->option;
}

int cmd_shell_run(struct call *call)
{
    static struct cmd_shell s;
    static char control[HOME_PATH_MAX];
    static char history[HOME_PATH_MAX];
    const char *text = args_value(&call->args, "command");
    const struct shell_program program = {
        .run = cmd_shell_command, .at = cmd_shell_at, .option = cmd_shell_option, .context = &s};
    if (text != NULL && call->args.word_count > 0) {
        return say_problem(SAY_USAGE, "either -c TEXT or a COMMAND: say only one of them");
    }
    int code = home_find(call->home, s.home);
    code = code == 0 ? home_path(s.home, HOME_CONTROL, control) : code;
    code = code == 0 ? places_state(call->home, s.home, CMD_SHELL_HISTORY, true, history) : code;
    code = code == 0 ? start_node_ensure(call, NULL, 0, NULL) : code;
    if (code != 0) {
        return code;
    }
    s.call = call;
    const struct shell_config config = {.socket = control,
                                        .history = history,
                                        .home = s.home,
                                        .program = &program,
                                        .is_json = call->is_json,
                                        .keeps_going = args_has(&call->args, "keep-going")};
    if (text != NULL) {
        return shell_run_line(&config, text);
    }
    return call->args.word_count > 0
               ? shell_run_one(&config, call->args.word_count, call->args.words)
               : shell_run(&config);
}

#else

int cmd_shell_run(struct call *call)
{
    (void)call;
    return say_problem(SAY_FAILURE,
                       "this wavu was built without the shell, because libedit was not "
                       "there; 'wavu help' lists what it can do");
}

#endif
