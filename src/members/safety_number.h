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

/** Whether a scanned text is that of these two: 0; WAVU_ERR_CRYPTO when it is of other keys
 * (somebody may stand between); WAVU_ERR_INVALID when it is no such text; WAVU_ERR_UNSUPPORTED when
 * newer. */
WARN_UNUSED int safety_number_check_qr(struct span text, const uint8_t one[SAFETY_NUMBER_ROOT_SIZE],
                                       const uint8_t other[SAFETY_NUMBER_ROOT_SIZE]);

/** Append a person's short fingerprint: 16 letters of base32 in groups of four. */
void safety_number_write_print(struct wr *w, const uint8_t root[SAFETY_NUMBER_ROOT_SIZE]);

#endif
