/*
 * What a word that is being typed may become: those of the words offered that begin with it. Pure.
 */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"

#define COMPLETE_MAX 128      /* words that are shown; more are counted only */
#define COMPLETE_WORD_MAX 256 /* bytes of one, with NUL; longer ones are not offered */

struct complete {
    const char *typed; /* what is there of the word; borrowed */
    char items[COMPLETE_MAX][COMPLETE_WORD_MAX];
    size_t count;  /* in `items` */
    size_t others; /* that found no room */
};

/** Nothing was offered yet. */
void complete_begin(struct complete *c, const char *typed);

/** Take `word` when it begins with what was typed, and was not offered before. */
void complete_offer(struct complete *c, const char *word);

/** Take a name that somebody else chose; what could be taken for an option, or cannot be shown as
 * it is, by the beginning of `id` instead. */
void complete_offer_name(struct complete *c, const char *name, const char *id);

/** How many bytes all that fit have in common; they are those of items[0]. 0 without any. A
 * character of several bytes is never cut. */
size_t complete_common(const struct complete *c);

/** In the order of their bytes. */
void complete_sort(struct complete *c);

#endif
