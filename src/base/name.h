/*
 * Names that people give themselves, each other and what they make: what may be one. Text of a
 * person or a peer comes in; a verdict leaves, and a sentence for people. It is one place for the
 * whole house, so that what is shown beside a key cannot steer a terminal, turn a line around or
 * hide a letter. That two names look alike is not a question of one name: a good one may.
 *
 * Source: docs/protocol/name.md.
 */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include "base/span.h"

#define NAME_SIZE_MAX 64 /* bytes: 64 Latin letters, 32 Arabic ones, 21 Chinese ones */
#define NAME_MARKS_MAX 4 /* on one letter: Vietnamese has 2, pointed Hebrew 3 */

enum name_problem {
    NAME_GOOD,
    NAME_EMPTY,
    NAME_LONG,    /* more than NAME_SIZE_MAX bytes */
    NAME_BROKEN,  /* no UTF-8, or a character that stands for broken text */
    NAME_CONTROL, /* C0, DEL, C1 */
    NAME_HIDDEN,  /* invisible, turns the line around, joins where nothing is joined, or private */
    NAME_SPACES,  /* at an end, two in a row, or one that is not the space bar's */
    NAME_MARKS,   /* a mark on nothing, or more than NAME_MARKS_MAX on one letter */
};

/** What is wrong with `name`: the first thing. */
enum name_problem name_check(struct span name);

/** One sentence for a person: what is wrong and what to do. Static. */
const char *name_explain(enum name_problem problem);

#endif
