/*
 * Words for people to say and type: two lists of 256, so that a word is a byte. What a person typed
 * comes in; a list and an index leave, or the word that was most likely meant.
 *
 * All words of both lists differ in their first three letters, so that three letters are enough and
 * nobody has to say which language it is; any two differ in two letters or more, so that one slip
 * in a whole word gives no other word. Letters a to z only.
 */
#ifndef MEMBERS_WORDS_H
#define MEMBERS_WORDS_H

#include "base/span.h"
#include "wavu/err.h"

#define WORDS_LISTS 2
#define WORDS_COUNT 256     /* of a list: 8 bits */
#define WORDS_UNIQUE 3      /* letters that tell a word from all 511 others */
#define WORDS_LETTERS_MAX 9 /* of the longest word */
#define WORDS_TYPED_MAX 16  /* letters of a typed word that are compared for the nearest one */
#define WORDS_NEAR_MAX 2    /* slips up to which a word is offered as the one meant */

enum words_list { WORDS_ENGLISH, WORDS_SWAHILI };

/** The word of a list, in lower case. Static. */
const char *words_at(enum words_list list, uint8_t index);

/** Find the word of which `typed` is the whole or the beginning, at least WORDS_UNIQUE letters, in
 * any case. WAVU_ERR_NOT_FOUND when there is none. */
WARN_UNUSED int words_find(enum words_list *list, uint8_t *index, struct span typed);

/** All words that begin with `typed` (any case, may be empty), English first: up to `room` of them
 * into `out`. Returns how many there are. For completion. */
size_t words_complete(const char *out[], size_t room, struct span typed);

/** The word with the fewest slips (a letter changed, missing or too many) from `typed`, at most
 * WORDS_NEAR_MAX; NULL when none is near. */
const char *words_nearest(struct span typed);

/** How many slips lie between `word` and `typed`. */
size_t words_distance(const char *word, struct span typed);

#endif
