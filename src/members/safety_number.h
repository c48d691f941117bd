/*
 * What two people compare to know that nobody stands between them: 60 digits made of both root
 * keys, the same on both sides; as QR text; and a short fingerprint of one person's root key.
 *
 * Source: docs/protocol/safety_number.md.
 */
#ifndef MEMBERS_SAFETY_NUMBER_H
#define MEMBERS_SAFETY_NUMBER_H

#include "base/wr.h"

#define SAFETY_NUMBER_ROOT_SIZE 32
#define SAFETY_NUMBER_ROUNDS                                                                       \
    5200                           /* of SHA-512: 2^12.3 times the work for each key that is tried \
                                    */
#define SAFETY_NUMBER_DIGITS 60    /* 30 a person: 99.7 bits */
#define SAFETY_NUMBER_TEXT_MAX 72  /* digits in twelve groups of five, with NUL */
#define SAFETY_NUMBER_QR_MAX 128   /* 14 characters and 103 of base32, with NUL */
#define SAFETY_NUMBER_PRINT_MAX 20 /* sixteen letters in four groups, with NUL: 80 bits */

/** Append the 60 digits in groups of five, for whoever is given first. 4 ms of CPU. */
void safety_number_write(struct wr *w, const uint8_t one[SAFETY_NUMBER_ROOT_SIZE],
                         const uint8_t other[SAFETY_NUMBER_ROOT_SIZE]);

/** Append the QR text for these two. */
void safety_number_write_qr(struct wr *w, const uint8_t one[SAFETY_NUMBER_ROOT_SIZE],
                            const uint8_t other[SAFETY_NUMBER_ROOT_SIZE]);

/* What a scanned text says to who has both keys. */
enum safety_number_verdict {
    SAFETY_NUMBER_SAME,
    SAFETY_NUMBER_THEIR_KEY, /* ours and another one than theirs */
    SAFETY_NUMBER_OUR_KEY,   /* theirs and another one than ours */
    SAFETY_NUMBER_BOTH_KEYS, /* neither: of two others, or of one in between */
    SAFETY_NUMBER_NONE,      /* something else, or nothing */
    SAFETY_NUMBER_DAMAGED,   /* it begins as one, and is cut or has other signs */
    SAFETY_NUMBER_NEWER,     /* of another version */
};

/** Whether a scanned text, in any case, blanks around it, is that of `ours` and `theirs`: 0;
 * WAVU_ERR_CRYPTO when it is whole and of other keys (somebody may stand between); WAVU_ERR_INVALID
 * when it is no such text or damaged; WAVU_ERR_UNSUPPORTED when newer. `verdict` says more. 4 ms
 * of CPU for a whole one. */
WARN_UNUSED int safety_number_check_qr(enum safety_number_verdict *verdict, struct span text,
                                       const uint8_t ours[SAFETY_NUMBER_ROOT_SIZE],
                                       const uint8_t theirs[SAFETY_NUMBER_ROOT_SIZE]);

/** A sentence or two for a person: what that means and what to do. Static. */
const char *safety_number_explain(enum safety_number_verdict verdict);

/** Append a person's short fingerprint: 16 letters of base32 in groups of four. */
void safety_number_write_print(struct wr *w, const uint8_t root[SAFETY_NUMBER_ROOT_SIZE]);

#endif
