/*
 * Which commands there are, and how a command line comes to one.
 */
#include "apps/wavu/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/wavu/chat_screen.h"
#include "apps/wavu/commands_chat.h"
#include "apps/wavu/commands_home.h"
#include "apps/wavu/commands_mesh.h"
#include "apps/wavu/commands_people.h"
#include "apps/wavu/complete.h"
#include "apps/wavu/help.h"
#include "apps/term/ask.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "base/guess.h"
#include "base/mem.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct args_option common_options[] = {
    {"home", '\0', "DIR", "keep all state in DIR"},
    {"json", '\0', NULL, "print JSON"},
    {"quiet", 'q', NULL, "print results and problems alone"},
    {"no-input", '\0', NULL, "never ask; what would have to be asked is a problem"},
    {"color", '\0', "auto|always|never", "colour on terminals, always or never (auto)"},
    {"help", 'h', NULL, "print this"},
};

static const struct command *(*const groups[])(size_t *count) = {
    commands_home,
    commands_people,
    commands_chat,
    commands_mesh,
};

const struct command *commands_at(size_t i)
{
    for (size_t g = 0; g < COUNT_OF(groups); g++) {
        size_t count = 0;
        const struct command *group = groups[g](&count);
        if (i < count) {
            return &group[i];
        }
        i -= count;
    }
    return NULL;
}

const struct command *commands_find(const char *name)
{
    const struct command *command = commands_at(0);
    for (size_t i = 1; command != NULL && strcmp(command->name, name) != 0; i++) {
        command = commands_at(i);
    }
    return command;
}

const struct args_option *commands_common(size_t *count)
{
    *count = COUNT_OF(common_options);
    return common_options;
}

/* Words of other commands that a person may take for one: 'wavu block' is not to be 'wavu lock'. */
static const char *commands_under(const char *name)
{
    static const struct {
        const char *word;
        const char *line;
    } words[] = {{"block", "contact block WHO"},
                 {"unblock", "contact unblock WHO"},
                 {"accept", "file accept ID"},
                 {"ack", "sos ack ID"},
                 {"restore", "backup restore FILE"}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].word, name) == 0) {
            return words[i].line;
        }
    }
    return NULL;
}

int commands_explain_unknown(const char *name)
{
    struct guess guess = {NULL, 0};
    const struct command *command = NULL;
    for (size_t i = 0; (command = commands_at(i)) != NULL; i++) {
        guess_try(&guess, name, command->name);
    }
    const char *under = commands_under(name);
    if (under != NULL || guess.word != NULL) {
        return say_problem(SAY_USAGE, "there is no command '%.64s'; did you mean 'wavu %s'?", name,
                           under != NULL ? under : guess.word);
    }
    return say_problem(SAY_USAGE, "there is no command '%.64s'; 'wavu help' lists them", name);
}

static int commands_say_usage(const struct command *command, const char *problem)
{
    return say_problem(SAY_USAGE, "%s ('wavu %s --help' tells more)", problem, command->name);
}

/* How to speak, as the command line has it. Returns 0, or the exit code for usage after a sentence.
 */
static int commands_set_manner(const struct args *args)
{
    const char *when = args_value(args, "color");
    bool is_known = when == NULL || strcmp(when, "auto") == 0 || strcmp(when, "always") == 0 ||
                    strcmp(when, "never") == 0;
    const struct say_manner manner = {
        .is_quiet = args_has(args, "quiet"),
        .is_problem_bright = is_known && say_has_colour(when, isatty(STDERR_FILENO) == 1,
                                                        getenv("NO_COLOR"), getenv("TERM")),
    };
    say_set_manner(&manner);
    ask_forbid(args_has(args, "no-input"));
    return is_known
               ? 0
               : say_problem(SAY_USAGE, "--color takes auto, always or never, not '%.32s'", when);
}

static int commands_run(struct call *call)
{
    const struct command *command = call->command;
    call->home = args_value(&call->args, "home");
    call->is_json = args_has(&call->args, "json") || args_has(&call->args, "jsonl");
    tongue_rest(call->is_json);
    int code = commands_set_manner(&call->args);
    if (code != 0) {
        return code;
    }
    if (call->args.word_count < command->words_min) {
        (void)snprintf(call->args.problem, sizeof call->args.problem, tongue("%s needs %s"),
                       command->name, command->words);
        return commands_say_usage(command, call->args.problem);
    }
    if (call->args.word_count > command->words_max) {
        (void)snprintf(call->args.problem, sizeof call->args.problem,
                       tongue("%s does not understand the word '%.64s'%s"), command->name,
                       call->args.words[command->words_max],
                       strstr(command->words, "TEXT") != NULL
                           ? tongue(": a text of several words is put in quotes")
                       : strstr(command->words, "CODE") != NULL
                           ? tongue(": a code is written with hyphens, as in 7-apple-river-stone")
                           : "");
        return commands_say_usage(command, call->args.problem);
    }
    return command->run(call);
}

/* Does the word stand among the options, as one or as what an option lacks its value for? */
static bool commands_has(int count, char *const *words, const char *option)
{
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], option) == 0) {
            return true;
        }
    }
    return false;
}

/* The words behind the command's name, and what stood before it. Who asks for help gets it,
 * whatever else is wrong. */
static int commands_parse(struct call *call, int count, char *const *words)
{
    if (args_has(&call->args, "help") || commands_has(count, words, "--help") ||
        commands_has(count, words, "-h")) {
        help_print(call->command,
                   args_has(&call->args, "json") || commands_has(count, words, "--json"));
        return SAY_OK;
    }
    if (call->command->is_foreign) {
        call->foreign = words;
        call->foreign_count = count;
        return commands_run(call);
    }
    struct args_tables tables = {call->command->options, call->command->option_count,
                                 common_options, COUNT_OF(common_options)};
    if (!args_parse(&call->args, &tables, count, words)) {
        return commands_say_usage(call->command, call->args.problem);
    }
    args_hide(&call->args, "keypair-seed", count, words, call->secret);
    return commands_run(call);
}

static int commands_dispatch(struct call *call, int count, char *const *words)
{
    const struct args_tables tables = {NULL, 0, common_options, COUNT_OF(common_options)};
    if (count == 1 && (strcmp(words[0], "--version") == 0 || strcmp(words[0], "-V") == 0)) {
        return help_version_run(call);
    }
    int at = args_parse_leading(&call->args, &tables, count, words);
    if (at < 0) {
        return say_problem(SAY_USAGE, "%s ('wavu help' tells more)", call->args.problem);
    }
    if (at == count && chat_screen_is_wanted(call)) { /* 'wavu' alone, by a person */
        call->command = commands_find("chat");
        return commands_run(call);
    }
    if (at == count) {
        help_print_all(args_has(&call->args, "json"));
        return SAY_OK;
    }
    if (strcmp(words[at], "complete") == 0) { /* of the shells' scripts; no command for people */
        return complete_print(count - at - 1, words + at + 1);
    }
    call->command = commands_find(words[at]);
    if (call->command == NULL) {
        return commands_explain_unknown(words[at]);
    }
    return commands_parse(call, count - at - 1, words + at + 1);
}

int commands_call(int count, char *const *words)
{
    struct call *call = mem_new(sizeof *call); /* 2 KiB that live as long as the program */
    int code = commands_dispatch(call, count, words);
    explicit_bzero(call->secret, sizeof call->secret);
    mem_free(call);
    return code;
}

int commands_main(int argc, char **argv)
{
    say_start();
    tongue_start();
    jsonrpc_start();
    static const struct args none;
    (void)commands_set_manner(&none); /* for what is wrong before its options are read */
    /* A program can be started without even its name. */
    return say_end(commands_call(argc > 0 ? argc - 1 : 0, argv + (argc > 0 ? 1 : 0)));
}
