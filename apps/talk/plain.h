/*
 * The plain chat: lines in, lines out. For pipes, scripts and screen readers: nothing but text in
 * the order in which it happens.
 */
#ifndef APPS_TALK_PLAIN_H
#define APPS_TALK_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/api.h"

#define PLAIN_PENDING_MAX 16   /* lines that are under way; then no more are read */
#define PLAIN_HISTORY_MAX 1000 /* messages that are shown at the beginning */
#define PLAIN_JOIN_MS 780000   /* a code that was typed is tried so long at most: 13 min */
#define PLAIN_ANSWER_MS 30000  /* without an answer for so long the node hangs */

struct plain_config {
    const char *socket;      /* path of the control socket */
    const char *home;        /* for /export and its like */
    const char *network;     /* id or name; NULL: the first */
    const char *room;        /* name; NULL: the main one */
    const char *to;          /* whom to say it to, in place of a room; or NULL */
    uint64_t history;        /* so many messages of before are shown first */
    uint64_t wait_ms;        /* at the end of the input, for others to have what was said */
    uint64_t invite_wait_ms; /* and for who has a code that was opened here */
    bool is_jsonl;           /* objects in and out */
    bool is_person;          /* somebody types: mistakes are said, and no reason to fail */
};

/** Until the input ends and what was said is delivered. Returns the exit code: SAY_TIMEOUT when
 * that took too long, SAY_NO_NODE when the node went, of a pipe also why the first line failed. */
WARN_UNUSED int plain_run(const struct plain_config *config);

#endif
