/*
 * The chat on a screen.
 */
#include "apps/wavu/chat_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/term/say.h"
#include "apps/wavu/start_node.h"

#ifdef WAVU_HAS_TUI

#include "apps/tui/tui.h"

#define CHAT_SCREEN_FIRST_MAX 512

bool chat_screen_is_wanted(const struct call *call)
{
    const char *term = getenv("TERM");
    return !call->is_json && !args_has(&call->args, "plain") && !args_has(&call->args, "jsonl") &&
           isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && term != NULL &&
           term[0] != '\0' && strcmp(term, "dumb") != 0;
}

static int chat_screen_start(void *context)
{
    return start_node_ensure(context, NULL, 0, NULL);
}

/* "--color" and "--notify", by their words. */
static int chat_screen_read(const struct call *call, struct tui_wish *wish)
{
    static const char *const colours[] = {"auto", "always", "never"};
    static const char *const tells[] = {"hide", "off", "bell", "show"};
    const char *colour = args_value(&call->args, "color");
    const char *notify = args_value(&call->args, "notify");
    bool is_good = colour == NULL;
    for (size_t i = 0; colour != NULL && i < sizeof colours / sizeof colours[0]; i++) {
        if (strcmp(colour, colours[i]) == 0) {
            wish->colour = (enum theme_wish)i;
            is_good = true;
        }
    }
    if (!is_good) {
        return say_problem(SAY_USAGE, "--color is auto, always or never");
    }
    is_good = notify == NULL;
    for (size_t i = 0; notify != NULL && i < sizeof tells / sizeof tells[0]; i++) {
        if (strcmp(notify, tells[i]) == 0) {
            wish->notify = (enum tui_notify)i;
            is_good = true;
        }
    }
    return is_good ? 0 : say_problem(SAY_USAGE, "--notify is hide, show, bell or off");
}

/* "--room" and "--to" as the line that goes there. */
static void chat_screen_first(const struct call *call, char *out, size_t size)
{
    const char *room = args_value(&call->args, "room");
    const char *to = args_value(&call->args, "to");
    out[0] = '\0';
    if (room != NULL || to != NULL) {
        (void)snprintf(out, size, "%s %s", room != NULL ? "/room" : "/dm",
                       room != NULL ? room : to);
    }
}

int chat_screen_run(struct call *call, const char *home, const char *socket)
{
    char first[CHAT_SCREEN_FIRST_MAX];
    struct tui_wish wish = {.path = socket,
                            .home = home,
                            .is_ascii = args_has(&call->args, "ascii"),
                            .has_no_mouse = args_has(&call->args, "no-mouse"),
                            .start = chat_screen_start,
                            .context = call};
    chat_screen_first(call, first, sizeof first);
    wish.first = first[0] != '\0' ? first : NULL;
    int code = chat_screen_read(call, &wish);
    return code == 0 ? tui_run(&wish) : code;
}

#else

bool chat_screen_is_wanted(const struct call *call)
{
    (void)call;
    return false;
}

int chat_screen_run(struct call *call, const char *home, const char *socket)
{
    (void)call;
    (void)home;
    (void)socket;
    return say_problem(SAY_FAILURE, "this program was built without the screen; 'wavu chat "
                                    "--plain' is the same as lines");
}

#endif
