/*
 * Questions go to stderr: stdout is for results.
 */
#include "apps/term/ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/term/say.h"

static bool ask_forbidden; /* --no-input; owned by the one thread */

void ask_forbid(bool is_forbidden)
{
    ask_forbidden = is_forbidden;
}

bool ask_is_forbidden(void)
{
    return ask_forbidden;
}

bool ask_is_possible(void)
{
    return !ask_forbidden && isatty(STDIN_FILENO) == 1;
}

bool ask_line(char *out, size_t size)
{
    bool is_read = fgets(out, (int)size, stdin) != NULL;
    out[is_read ? strcspn(out, "\r\n") : 0] = '\0';
    return is_read;
}

int ask_explain(void)
{
    return ask_forbidden ? say_problem(SAY_USAGE, "this asks before it is done, and --no-input "
                                                  "forbids it; --yes does it without asking")
                         : say_problem(SAY_USAGE, "there is no terminal to ask at; --yes does it "
                                                  "without asking");
}

int ask_typed(const char *word)
{
    char line[ASK_LINE_MAX];
    if (!ask_is_possible()) {
        return ask_explain();
    }
    (void)fflush(stdout);
    (void)fprintf(stderr, "Type %s to go on: ", word);
    (void)fflush(stderr);
    if (!ask_line(line, sizeof line) || strcmp(line, word) != 0) {
        return say_problem(SAY_FAILURE, "that is something else; nothing was done");
    }
    return 0;
}
