/*
 * What a word that is being typed may become: those of the words offered that begin with it. Pure.
 */
#ifndef SHELL_SHELL_CHOICES_H
#define SHELL_SHELL_CHOICES_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"

#define SHELL_CHOICES_MAX 128      /* words that are shown; more are counted only */
#define SHELL_CHOICES_WORD_MAX 256 /* bytes of one, with NUL; longer ones are not offered */

struct shell_choices {
    const char *typed; /* what is there of the word; borrowed */
    char items[SHELL_CHOICES_MAX][SHELL_CHOICES_WORD_MAX];
    size_t count;  /* in `items` */
    size_t others; /* that found no room */
};

/** Nothing was offered yet. */
void shell_choices_begin(struct shell_choices *c, const char *typed);

/** Take `word` when it begins with what was typed, and was not offered before. */
void shell_choices_offer(struct shell_choices *c, const char *word);

/** Take a name that somebody else chose; what could be taken for an option, or cannot be shown as
 * it is, by the beginning of `id` instead. */
void shell_choices_offer_name(struct shell_choices *c, const char *name, const char *id);

/** How many bytes all that fit have in common; they are those of items[0]. 0 without any. A
 * character of several bytes is never cut. */
size_t shell_choices_common(const struct shell_choices *c);

/** In the order of their bytes. */
void shell_choices_sort(struct shell_choices *c);

#endif
