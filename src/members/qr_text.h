/*
 * Texts that a QR shows and people paste: "WAVU:", what it is, a version, and bytes in base32, all
 * in upper case. Bytes come in and a text leaves, or the other way.
 *
 * Source: docs/protocol/pairing.md, safety_number.md.
 */
#ifndef MEMBERS_QR_TEXT_H
#define MEMBERS_QR_TEXT_H

#include "base/wr.h"

#define QR_TEXT_BYTES_MAX 512   /* what base32 takes at once */
#define QR_TEXT_LETTERS_MAX 820 /* of that many bytes: 8 for 5 */
#define QR_TEXT_DIGITS_MAX 3    /* of a version */

/** Append base32 of `bytes`, at most QR_TEXT_BYTES_MAX, in upper case. */
void qr_text_write_letters(struct wr *w, struct span bytes);

/** Append the text of `bytes` under `family`, which is "WAVU:", upper case letters and ':'. */
void qr_text_write(struct wr *w, const char *family, struct span bytes);

/** Whether `text` begins with `family`, in any case, of whatever version, blanks before it. */
bool qr_text_is(struct span text, const char *family);

/** Append the bytes of a text, in any case, blanks around it, to `out`. WAVU_ERR_INVALID: of
 * another family, cut, or with other signs (`out` may hold a part then); WAVU_ERR_UNSUPPORTED: of a
 * newer version. */
WARN_UNUSED int qr_text_parse(struct wr *out, const char *family, struct span text);

#endif
