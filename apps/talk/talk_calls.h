/*
 * Calls for help that are open: of others, until this person has answered them or they are over; of
 * one's own, until they are over. Looked up at first and at each event about one.
 */
#ifndef APPS_TALK_TALK_CALLS_H
#define APPS_TALK_TALK_CALLS_H

#include "apps/talk/talk.h"

#define TALK_CALLS_TEXT_MAX 512 /* bytes that are shown of what a call says, with NUL */

struct talk_call {
    char shown[WAVU_SHOWN_MAX];     /* who calls; "" of one's own */
    char text[TALK_CALLS_TEXT_MAX]; /* shown, or "" */
    uint32_t called;                /* people, of one's own; the next two are some of them */
    uint32_t reached;
    uint32_t seen;
};

struct talk_calls {
    struct talk_call other; /* the newest of others that is not answered */
    struct talk_call own;   /* the newest own one that is not over */
    size_t others;          /* how many there are; 0: `other` says nothing */
    size_t owns;            /* the same of `own` */
};

/** What is open now. */
const struct talk_calls *talk_calls(const struct talk *talk);

/** One sentence or two about those of others, or about one's own, with what to type. False: there
 * are none. */
bool talk_calls_line(const struct talk *talk, bool is_own, char out[TALK_LINE_MAX]);

/** Look them up, once what is under way has come. TALK_NEWS_CALLS tells. */
void talk_calls_want(struct talk *talk);

#endif
