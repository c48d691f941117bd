/*
 * The join code: what an inviter reads out and a newcomer types, "7-apple-river-stone". The number
 * is public (which of several open codes is meant); the three words are 24 secret bits. What a
 * person typed comes in; a code leaves, or a sentence that says which part was not understood.
 *
 * Source: docs/protocol/pairing.md.
 */
#ifndef MEMBERS_CODE_H
#define MEMBERS_CODE_H

#include "base/random.h"
#include "base/wr.h"
#include "members/words.h"

#define CODE_NUMBER_MAX 999 /* three digits: short, and two codes open nearby seldom meet */
#define CODE_WORDS 3
#define CODE_TYPED_MAX 128 /* bytes of typed text; the longest code has 33 */
#define CODE_TEXT_MAX (3 + CODE_WORDS * (1 + WORDS_LETTERS_MAX) + 1) /* with NUL */

struct code {
    uint16_t number; /* 1 to CODE_NUMBER_MAX */
    enum words_list list;
    uint8_t words[CODE_WORDS]; /* secret: the owner wipes it */
};

enum code_problem {
    CODE_GOOD,
    CODE_NO_NUMBER,   /* it does not begin with 1 to 999 */
    CODE_TOO_FEW,     /* words */
    CODE_TOO_MANY,    /* words, or other signs behind them */
    CODE_UNKNOWN,     /* a word of neither list */
    CODE_SHORT,       /* too few letters of a word */
    CODE_TWO_TONGUES, /* words of both lists: one was mistyped into another */
};

/* What was not understood. Holds no more of the code than the one word that is wrong. */
struct code_fault {
    enum code_problem problem;
    size_t word;                     /* 1 to 3: where, for CODE_UNKNOWN and CODE_SHORT */
    char typed[WORDS_TYPED_MAX + 1]; /* that word, cut; letters, digits and '?' only */
    const char *nearest;             /* the word that may be meant, or NULL */
};

/** Draw a code. */
void code_make(struct code *code, enum words_list list, const struct random *random);

/** Read what a person typed: any case, words whole or by their first three letters or more, parted
 * by hyphens, spaces, commas, dots or underscores, as many as there are. WAVU_ERR_INVALID with what
 * is wrong in `fault`. */
WARN_UNUSED int code_parse(struct code *code, struct code_fault *fault, struct span typed);

/** The code as a person reads it. */
void code_write(struct wr *w, const struct code *code);

/** The secret that enters the PAKE: the words in full, lower case, with hyphens between. */
void code_write_secret(struct wr *w, const struct code *code);

/** One sentence for a person: what is wrong and what to do. */
void code_explain(struct wr *w, const struct code_fault *fault);

#endif
