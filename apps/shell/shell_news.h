/*
 * What others say while somebody sits at the prompt: one line each, shown between two keys.
 */
#ifndef SHELL_SHELL_NEWS_H
#define SHELL_SHELL_NEWS_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/rpc/rpc_link.h"
#include "apps/shell/shell.h"

#define SHELL_NEWS_MAX 32       /* lines that wait to be shown; more are counted */
#define SHELL_NEWS_LINE_MAX 400 /* bytes of one, with NUL: a longer text is cut */

struct json_t;

struct shell_news {
    const struct shell *shell;
    struct rpc_link *link; /* NULL: no node */
    bool is_down;          /* it is over: to be closed outside of its callbacks */
    char lines[SHELL_NEWS_MAX][SHELL_NEWS_LINE_MAX];
    size_t count;
    size_t others; /* that found no room */
};

/** Write what an event of mesh.events (control.md) says to a person, cleaned; `shown`: what to call
 * who said it. False when it says nothing to the shell. */
WARN_UNUSED bool shell_news_write(const struct json_t *event, const char *shown,
                                  char out[SHELL_NEWS_LINE_MAX]);

/** Write what node.status says of this machine's clock. False when it is not said to be wrong. */
WARN_UNUSED bool shell_news_clock(const struct json_t *status, char out[SHELL_NEWS_LINE_MAX]);

/** Write whether others say, by one of network.list, that this node is not in it any more. False
 * when they do not, nor did before. */
WARN_UNUSED bool shell_news_denied(const struct json_t *network, bool was_denied,
                                   char out[SHELL_NEWS_LINE_MAX]);

/** Begin, with the shell's node, which may be none. */
void shell_news_open(struct shell_news *n, const struct shell *shell);
void shell_news_close(struct shell_news *n);

/** Connect again, when the node went away; nothing when it did not. */
void shell_news_again(struct shell_news *n);

/** What to wait for, and how long at most (-1: for ever). Returns how many. */
size_t shell_news_waits(const struct shell_news *n, struct rpc_link_wait waits[RPC_LINK_FDS],
                        int *wait_ms);

/** Take what came. */
void shell_news_pump(struct shell_news *n);

/** Is there something to show? */
bool shell_news_has(const struct shell_news *n);

/** Print all of it, a line each. */
void shell_news_print(struct shell_news *n);

#endif
