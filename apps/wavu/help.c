/*
 * Help and version. Examples come first: they are what most people look for.
 */
#include "apps/wavu/help.h"

#include <stdio.h>
#include <string.h>

#include "apps/wavu/commands.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "base/check.h"
#include "wavu/version.h"

#define HELP_COMMAND_COLUMN 21 /* where summaries begin, behind "config check|show" */
#define HELP_NOTES_SIZE 8192   /* bytes of a command's notes */
#define HELP_OPTION_COLUMN 29  /* where explanations of options begin */

/* All texts of the table are ASCII; quotes and backslashes would be the only ones to escape. */
static void help_json_text(const char *text)
{
    say_out("\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            say_out("\\%c", *text);
        } else if (*text == '\n') {
            say_out("\\n");
        } else {
            say_out("%c", *text);
        }
    }
    say_out("\"");
}

/* A command's own option stands in place of the common one of its name. */
static bool help_is_own(const struct command *command, const struct args_option *common)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (&command->options[i] != common && strcmp(command->options[i].name, common->name) == 0) {
            return true;
        }
    }
    return false;
}

static void help_json_options(const struct command *command, const struct args_option *options,
                              size_t count, bool is_first)
{
    for (size_t i = 0; i < count; i++) {
        if (help_is_own(command, &options[i])) {
            continue;
        }
        say_out("%s{\"name\":", is_first && i == 0 ? "" : ",");
        help_json_text(options[i].name);
        say_out(",\"letter\":\"%.1s\"", options[i].letter != '\0' ? &options[i].letter : "");
        say_out(",\"value\":");
        if (options[i].value == NULL) {
            say_out("null");
        } else {
            help_json_text(options[i].value);
        }
        say_out(",\"help\":");
        help_json_text(options[i].help);
        say_out("}");
    }
}

static void help_json_command(const struct command *command)
{
    size_t common_count = 0;
    const struct args_option *common = commands_common(&common_count);
    say_out("{\"name\":");
    help_json_text(command->name);
    say_out(",\"words\":");
    help_json_text(command->words);
    say_out(",\"summary\":");
    help_json_text(command->summary);
    say_out(",\"examples\":");
    help_json_text(command->examples);
    say_out(",\"notes\":");
    help_json_text(command->notes);
    say_out(",\"options\":[");
    help_json_options(command, command->options, command->option_count, true);
    help_json_options(command, common, common_count, command->option_count == 0);
    say_out("]}");
}

static void help_json_all(void)
{
    say_out("{\"commands\":[");
    const struct command *command = commands_at(0);
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        say_out("%s", i == 0 ? "" : ",");
        help_json_command(command);
    }
    say_out("]}\n");
}

void help_print_all(bool is_json)
{
    if (is_json) {
        help_json_all();
        return;
    }
    say_out("wavu - a mesh that keeps people talking\n\n"
            "Examples:\n"
            "  wavu                           open the chat; asks two things the first time\n"
            "  wavu invite                    print a code that lets somebody in\n"
            "  wavu up                        start a node; Ctrl+C stops it\n"
            "  wavu status                    what the running node does\n"
            "  wavu join CODE                 go into a network of people\n"
            "  wavu say 'habari'              say something there, to all of them\n\n"
            "Commands:\n");
    const struct command *command = commands_at(0);
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        char head[HELP_COMMAND_COLUMN - 2]; /* and a space behind it */
        int len = snprintf(head, sizeof head, "%s %s", command->name, command->words);
        if (len < 0 || (size_t)len >= sizeof head) {
            (void)snprintf(head, sizeof head, "%s ...", command->name);
        }
        say_out("  %-*s", HELP_COMMAND_COLUMN - 2, head);
        say_wrapped(HELP_COMMAND_COLUMN, HELP_COMMAND_COLUMN, command->summary);
    }
    say_out("\n");
    say_wrapped(0, 0,
                "Each has --json, --quiet, --home DIR and --help. Settings are in "
                "~/.config/wavu/wavu.toml, state in ~/.local/share/wavu; or both where --home or "
                "WAVU_HOME says. 'wavu help COMMAND' tells more.");
}

static void help_print_options(const struct command *command, const struct args_option *options,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct args_option *o = &options[i];
        if (help_is_own(command, o)) {
            continue;
        }
        char head[48];
        char letter[8] = "    ";
        if (o->letter != '\0') {
            (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
        }
        (void)snprintf(head, sizeof head, "%s--%s%s%s", letter, o->name,
                       o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
        if (strlen(head) + 3 > HELP_OPTION_COLUMN) {
            say_out("  %s\n%*s", head, HELP_OPTION_COLUMN, "");
        } else {
            say_out("  %-*s", HELP_OPTION_COLUMN - 2, head);
        }
        say_wrapped(HELP_OPTION_COLUMN, HELP_OPTION_COLUMN, o->help);
    }
}

/* Where the table breaks a line is of no meaning: a screen has its own width. */
static void help_print_notes(const char *notes)
{
    static char text[HELP_NOTES_SIZE];
    notes = tongue(notes);
    size_t len = strlen(notes);

    CHECK(len < sizeof text);
    for (size_t i = 0; i <= len; i++) {
        text[i] = notes[i] == '\n' && i + 1 < len ? ' ' : notes[i];
    }
    say_out("\n");
    say_wrapped(0, 0, text);
}

void help_print(const struct command *command, bool is_json)
{
    size_t common_count = 0;
    const struct args_option *common = commands_common(&common_count);
    if (is_json) {
        help_json_command(command);
        say_out("\n");
        return;
    }
    say_out("wavu %s - %s\n\nExamples:\n%s\nUsage: wavu %s%s%s [options]\n\nOptions:\n",
            command->name, tongue(command->summary), command->examples, command->name,
            command->words[0] != '\0' ? " " : "", command->words);
    help_print_options(command, command->options, command->option_count);
    help_print_options(command, common, common_count);
    if (command->notes[0] != '\0') {
        help_print_notes(command->notes);
    }
}

int help_run(struct call *call)
{
    if (call->args.word_count == 0) {
        help_print_all(call->is_json);
        return SAY_OK;
    }
    const struct command *command = commands_find(call->args.words[0]);
    if (command == NULL) {
        return commands_explain_unknown(call->args.words[0]);
    }
    help_print(command, call->is_json);
    return SAY_OK;
}

int help_version_run(struct call *call)
{
    if (call->is_json) {
        say_out("{\"version\":\"%s\"}\n", wavu_version());
    } else {
        say_out("wavu %s\n", wavu_version());
    }
    return SAY_OK;
}
