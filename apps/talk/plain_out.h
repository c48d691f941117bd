/*
 * What the plain chat prints: a line for a message, "-- " before what is told; or one JSON object a
 * line. Nothing moves a cursor, and nothing that a peer wrote can pass for another line.
 */
#ifndef APPS_TALK_PLAIN_OUT_H
#define APPS_TALK_PLAIN_OUT_H

#include "apps/talk/talk.h"
#include "apps/talk/talk_window.h"
#include "apps/talk/talk_words.h"

struct plain_out {
    bool is_jsonl;
    struct talk_chat *chat; /* the one that is shown; of others the name is said */
};

/** Something new was said. */
void plain_out_said(const struct plain_out *out, const struct talk_said *said);

/** What was said before. */
void plain_out_message(const struct plain_out *out, const struct talk_chat *chat,
                       const struct talk_message *message);

/** A sentence. */
void plain_out_told(const struct plain_out *out, enum talk_tone tone, const char *line);

/** JSON alone: what came of a command, of a text. True: it was printed. */
bool plain_out_outcome(const struct plain_out *out, const struct talk_words_told *told);
void plain_out_done(const struct plain_out *out, int err, const char *id);

#endif
