/*
 * "Did you mean": the nearest known word to a mistyped one.
 */
#ifndef BASE_GUESS_H
#define BASE_GUESS_H

#include <stddef.h>

#define GUESS_WORD_MAX 32 /* longer words are not guessed at; the longest option has 14 letters */

/**
 * Edits (insert, delete, replace, swap of neighbours: optimal string alignment) from `a` to `b`;
 * GUESS_WORD_MAX + 1 when one of them is longer than GUESS_WORD_MAX.
 */
size_t guess_distance(const char *a, const char *b);

/* The best word so far. Zeroed memory is a start. */
struct guess {
    const char *word; /* borrowed; NULL: none is near */
    size_t distance;
};

/** Take `known` when it is nearer to `typed` than what `g` has, and near enough to be meant. */
void guess_try(struct guess *g, const char *typed, const char *known);

#endif
