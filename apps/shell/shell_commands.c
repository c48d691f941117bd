/*
 * Which commands the shell has besides the program's, and help for all of them.
 */
#include "apps/shell/shell_commands.h"

#include <string.h>

#include "apps/shell/shell_net.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "base/guess.h"

#define SHELL_COMMANDS_COLUMN 31 /* where the summaries begin */

static int shell_commands_help(struct shell *s, size_t count, const char *const *words);

/* One text is said to all; behind a peer it is for that one alone. */
static int shell_commands_send(struct shell *s, size_t count, const char *const *words)
{
    const char *all[] = {"broadcast", "--", words[0]};
    const char *one[] = {"send", "--", words[0], count > 1 ? words[1] : ""};
    return count == 1 ? shell_run_program(s, 3, all) : shell_run_program(s, 4, one);
}

/* history N is history --max N; everything else is as the program has it. */
static int shell_commands_history(struct shell *s, size_t count, const char *const *words)
{
    const char *most[] = {"history", "--max", count > 0 ? words[0] : ""};
    const char *all[1 + 16] = {"history"};
    if (count == 1 && words[0][0] != '\0' && strspn(words[0], "0123456789") == strlen(words[0])) {
        return shell_run_program(s, 3, most);
    }
    for (size_t i = 0; i < count; i++) {
        all[1 + i] = words[i];
    }
    return shell_run_program(s, 1 + count, all);
}

static int shell_commands_exit(struct shell *s, size_t count, const char *const *words)
{
    (void)count;
    (void)words;
    s->is_over = true;
    return SAY_OK;
}

static const struct shell_command table[] = {
    {
        .name = "connect",
        .words = "[PEER@]HOST[:PORT]",
        .summary = "connect the node to another",
        .notes = "HOST is a name or an IP address; without PORT it is 9000. A multiaddr will do, "
                 "too. PEER is the other's peer id, or at least 6 of its first or last characters: "
                 "another one that answers there is let go. While the node runs it asks there for "
                 "others whenever it has no neighbours.",
        .words_min = 1,
        .words_max = 1,
        .takes = SHELL_TAKES_PEER,
        .run = shell_net_connect,
    },
    {
        .name = "disconnect",
        .words = "PEER",
        .summary = "end the connections with a peer",
        .notes = "The mesh makes those anew that it wants.",
        .words_min = 1,
        .words_max = 1,
        .takes = SHELL_TAKES_PEER,
        .run = shell_net_disconnect,
    },
    {
        .name = "send",
        .words = "[PEER] TEXT",
        .summary = "say TEXT to all nodes, or to one",
        .notes =
            "A text of several words is put in quotes. Every node of the mesh can read what is "
            "sent to all, and those on the way what is sent to one; 'say' and 'dm' are "
            "encrypted from end to end.",
        .words_min = 1,
        .words_max = 2,
        .takes = SHELL_TAKES_PEER,
        .run = shell_commands_send,
    },
    {
        .name = "routes",
        .words = "[PEER]",
        .summary = "the ways that words to others take",
        .notes = "Each line is a node that can be reached, by the last letters of its id: how many "
                 "links lead there, what they count together when ways are compared, and which "
                 "they are, each with its round trip as the nodes at its ends tell it.",
        .words_max = 1,
        .takes = SHELL_TAKES_PEER,
        .run = shell_net_routes,
    },
    {
        .name = "ping",
        .words = "PEER|HOST:PORT [COUNT]",
        .summary = "measure round trips to a peer",
        .notes = "By the running node: on a connection where there is one, else over the mesh, as "
                 "many links as it takes. COUNT is 4 unless said otherwise, at most 100, one a "
                 "second. Ctrl+C ends it.",
        .words_min = 1,
        .words_max = 2,
        .takes = SHELL_TAKES_PEER,
        .run = shell_net_ping,
    },
    {
        .name = "trace",
        .words = "PEER",
        .summary = "each node on the way there",
        .notes =
            "The way that words to PEER would take now. The node asks each node on it in turn, "
            "and says how long its own answer took, there and back.",
        .words_min = 1,
        .words_max = 1,
        .takes = SHELL_TAKES_PEER,
        .run = shell_net_trace,
    },
    {
        .name = "history",
        .words = "[N]",
        .summary = "what was said, the last N messages",
        .notes = "With options it is as 'wavu history' has it: 'wavu history --help' lists them.",
        .words_max = 16,
        .run = shell_commands_history,
    },
    {
        .name = "help",
        .words = "[COMMAND]",
        .summary = "list the commands, or explain one",
        .notes = "",
        .words_max = 1,
        .takes = SHELL_TAKES_COMMAND,
        .run = shell_commands_help,
    },
    {
        .name = "exit",
        .words = "",
        .summary = "leave the shell",
        .notes = "So does 'quit', or Ctrl+D.",
        .run = shell_commands_exit,
    },
    {
        .name = "quit",
        .words = "",
        .summary = "leave the shell",
        .notes = "So does 'exit', or Ctrl+D.",
        .run = shell_commands_exit,
    },
};

const struct shell_command *shell_commands_at(size_t i)
{
    return i < sizeof table / sizeof table[0] ? &table[i] : NULL;
}

const struct shell_command *shell_commands_find(const char *name)
{
    const struct shell_command *command = shell_commands_at(0);
    for (size_t i = 1; command != NULL && strcmp(command->name, name) != 0; i++) {
        command = shell_commands_at(i);
    }
    return command;
}

/* The program's command of that name. */
static bool shell_commands_of_program(const struct shell *s, const char *name,
                                      struct shell_row *out)
{
    const struct shell_program *p = s->config->program;
    for (size_t i = 0; p->at(p->context, i, out); i++) {
        if (strcmp(out->name, name) == 0) {
            return true;
        }
    }
    return false;
}

bool shell_commands_is(const struct shell *s, const char *name)
{
    struct shell_row row;
    return shell_commands_find(name) != NULL || shell_commands_of_program(s, name, &row);
}

bool shell_commands_is_secret(size_t count, const char *const *words)
{
    static const char *const secrets[] = {"join", "passphrase", "unlock"};
    bool is_secret = false;
    if (count > 0 && strcmp(words[0], "wavu") == 0) {
        words++;
        count--;
    }
    for (size_t i = 0; count > 0 && i < sizeof secrets / sizeof secrets[0]; i++) {
        is_secret = is_secret || strcmp(words[0], secrets[i]) == 0;
    }
    return is_secret;
}

int shell_commands_explain_unknown(const struct shell *s, const char *name)
{
    const struct shell_program *p = s->config->program;
    struct guess guess = {NULL, 0};
    struct shell_row row;
    char clean[SAY_CLEAN_MAX];
    const struct shell_command *own = NULL;
    for (size_t i = 0; (own = shell_commands_at(i)) != NULL; i++) {
        guess_try(&guess, name, own->name);
    }
    for (size_t i = 0; p->at(p->context, i, &row); i++) {
        guess_try(&guess, name, row.name);
    }
    if (guess.word != NULL) {
        return say_problem(SAY_USAGE, "there is no command '%.64s'; did you mean '%s'?",
                           say_clean(name, clean), guess.word);
    }
    return say_problem(SAY_USAGE, "there is no command '%.64s'; 'help' lists them",
                       say_clean(name, clean));
}

/* ---- Help ---- */

static void shell_commands_line(const char *name, const char *words, const char *summary)
{
    size_t used = strlen(name) + 1 + strlen(words);
    const int rest = SHELL_COMMANDS_COLUMN - 4 - (int)strlen(name);
    if (used + 4 > SHELL_COMMANDS_COLUMN) {
        say_out("  %s %-*s ", name, rest, "...");
    } else {
        say_out("  %s %-*s ", name, rest, words);
    }
    say_wrapped(SHELL_COMMANDS_COLUMN, SHELL_COMMANDS_COLUMN, summary);
}

static void shell_commands_list(const struct shell *s)
{
    const struct shell_program *p = s->config->program;
    const struct shell_command *own = NULL;
    struct shell_row row;
    say_out("Commands of the shell:\n");
    for (size_t i = 0; (own = shell_commands_at(i)) != NULL; i++) {
        shell_commands_line(own->name, own->words, tongue(own->summary));
    }
    say_out("\nAnd those of the program:\n");
    for (size_t i = 0; p->at(p->context, i, &row); i++) {
        if (shell_commands_find(row.name) == NULL) {
            shell_commands_line(row.name, row.words, row.summary);
        }
    }
    say_out("\n");
    say_wrapped(
        0, 0,
        "Words with spaces are put in quotes, several commands on a line are parted by ; and "
        "what stands behind # is nothing. 'help COMMAND' tells more.");
}

static int shell_commands_help(struct shell *s, size_t count, const char *const *words)
{
    struct shell_row row;
    const struct shell_command *own = count == 0 ? NULL : shell_commands_find(words[0]);
    const char *help[] = {"help", count == 0 ? "" : words[0]};
    if (count == 0) {
        shell_commands_list(s);
        return SAY_OK;
    }
    if (own == NULL) {
        return shell_commands_of_program(s, words[0], &row)
                   ? shell_run_program(s, 2, help)
                   : shell_commands_explain_unknown(s, words[0]);
    }
    say_out("%s%s%s - %s\n", own->name, own->words[0] != '\0' ? " " : "", own->words,
            tongue(own->summary));
    if (own->notes[0] != '\0') {
        say_out("\n");
        say_wrapped(0, 0, own->notes);
    }
    return SAY_OK;
}
