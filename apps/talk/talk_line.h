/*
 * One message as pieces of text: time, author, what was said, marks of delivery and reactions.
 * Plain chat writes them one after the other; a screen gives each its look. All pieces are safe:
 * nothing in them steers a terminal or turns the text around them.
 */
#ifndef APPS_TALK_TALK_LINE_H
#define APPS_TALK_TALK_LINE_H

#include "apps/talk/talk.h"
#include "apps/talk/talk_window.h"

#define TALK_LINE_TEXT_MAX 65536 /* bytes of a message's text that are shown, with NUL */
#define TALK_LINE_PART_MAX 512   /* of each other piece */
#define TALK_LINE_NAME_MAX (WAVU_SHOWN_MAX + 2) /* of an author's name: two quotation marks */

struct talk_line {
    char day[16]; /* "2026-11-22", local; "" where the author's clock did not say */
    char time[8]; /* "18:04"; "--:--" */
    char name[TALK_LINE_NAME_MAX]; /* of others, as say_name has it */
    bool is_action;                /* "* name text" instead of "name: text" */
    bool is_note; /* `text` says in words what it is: deleted, a file, a call for help */
    char about[TALK_LINE_PART_MAX]; /* "" or what it answers: "to 3f9c21ab", or with the answered
                                       message at hand "to Amina: Are you ..." */
    char mark[4];                   /* of an own one: "..", ">", "@", "+", "++", "x"; or "" */
    const char *state;              /* the same in a word for people; static; "" */
    char marks[TALK_LINE_PART_MAX]; /* "(edited)", "(3 have it)", "(stored at Baraka)" ..., or "" */
    char reactions[TALK_LINE_PART_MAX]; /* "[+ 2, x]", or "" */
    char *text;                         /* owned; may hold newlines, nothing else that steers */
    size_t text_len;
};

/** Make the pieces of `message`; `answered` is the message that it answers, or NULL; `network`
 * knows names, or NULL. talk_line_clear frees. */
void talk_line_make(struct talk_line *out, const struct talk_message *message,
                    const struct talk_message *answered, const struct talk_network *network);
void talk_line_clear(struct talk_line *line);

/** What the marks mean, one line each, for a legend; NULL behind the last. */
const char *talk_line_legend(size_t i);

#endif
