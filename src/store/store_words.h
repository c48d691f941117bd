/*
 * The words of a text, as the index knows them: lower case, without accents, at most 32 bytes.
 *
 * In: a text of a person, or what they search for; UTF-8, hostile or not. Out: words, one by one.
 * docs/protocol/store.md says what a word is; a change here is a new version of the index.
 */
#ifndef STORE_STORE_WORDS_H
#define STORE_STORE_WORDS_H

#include "base/span.h"

/* Bytes of a word; what is longer counts by its beginning. Latin: 32 letters; others: 16 or 10. */
#define STORE_WORDS_SIZE_MAX 32

struct store_words {
    struct span text; /* borrowed */
    size_t at;
};

void store_words_init(struct store_words *w, struct span text);

/** The next word into `out`; its length, or 0 behind the last. */
size_t store_words_next(struct store_words *w, uint8_t out[STORE_WORDS_SIZE_MAX]);

/** Does the text end within the last word, so that more of it may come? */
bool store_words_is_open(struct span text);

#endif
