/*
 * The first minute: on a node that is in no network it asks for a nickname, and whether a network
 * is to be made or joined with a code. Nothing else. Lines to be shown leave, what is typed comes
 * in; the node is asked over a struct talk.
 *
 *            nick                   "1"
 *     NICK --------> CHOICE -------------------> MAKING ---> DONE
 *                      | "2", or a code            ^
 *                      v                           | entered
 *                     CODE ----------------> JOINING (an address helps it)
 *                      ^-----------------------+ failed
 */
#ifndef APPS_TUI_WIZARD_H
#define APPS_TUI_WIZARD_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/talk/talk.h"

#define WIZARD_LINE_MAX 400 /* bytes, with NUL */
#define WIZARD_CODE_MAX 256 /* bytes of a code, with NUL */

enum wizard_step {
    WIZARD_OFF, /* nothing is asked */
    WIZARD_NICK,
    WIZARD_CHOICE,
    WIZARD_CODE,
    WIZARD_MAKING,
    WIZARD_JOINING,
    WIZARD_DONE /* this node is in a network now */
};

/* Embedded; zeroed is off. */
struct wizard {
    enum wizard_step step;
    struct talk *talk; /* borrowed */
    char code[WIZARD_CODE_MAX];
    char problem[WIZARD_LINE_MAX]; /* what went wrong last, or "" */
    char progress[WIZARD_LINE_MAX];
    bool is_made;     /* it was made here, not joined */
    bool is_trying;   /* a code, and no end of that was heard */
    bool is_replaced; /* one was tried before it was over: that it ends is no news */
    bool wants_draw;
};

/** Begin, where this node is in no network. */
void wizard_start(struct wizard *w, struct talk *talk);

/** What is asked now, line by line, borrowed until the next call with `w`; NULL behind the last.
 * The first one is a headline. */
const char *wizard_line(const struct wizard *w, size_t i);

/** A line was typed. */
void wizard_enter(struct wizard *w, const char *text);

/** One step back. False when there is none. */
bool wizard_back(struct wizard *w);

/** One of mesh.events. */
void wizard_event(struct wizard *w, const struct json_t *event);

/** An address as people type it ("192.168.1.7:9000", "node.example:9000") as a multiaddr; what is
 * one already stays. False when it is none. */
bool wizard_address(char out[WIZARD_LINE_MAX], const char *text);

#endif
