/*
 * Texts for bytes: base58btc, base32 (RFC 4648 lower case, unpadded), base36, base64url (unpadded),
 * base64 and base16, bare or with multibase's prefix. Source: multiformats/multibase.
 */
#ifndef BASE_MULTIBASE_H
#define BASE_MULTIBASE_H

#include "base/rd.h"
#include "base/wr.h"

enum multibase {
    MULTIBASE_BASE16 = 'f',
    MULTIBASE_BASE32 = 'b',
    MULTIBASE_BASE36 = 'k',
    MULTIBASE_BASE58BTC = 'z',
    MULTIBASE_BASE64 = 'm',
    MULTIBASE_BASE64URL = 'u'
};

#define MULTIBASE_INPUT_MAX                                                                        \
    512 /* base58 and base36 are quadratic: keys and multihashes are shorter */

/** Append the text of `bytes` without prefix. Longer than MULTIBASE_INPUT_MAX fails the writer. */
void multibase_encode(struct wr *w, enum multibase base, struct span bytes);

/** Decode a text without prefix into `w`. WAVU_ERR_INVALID for other characters or wrong length. */
WARN_UNUSED int multibase_decode(struct wr *w, enum multibase base, struct span text);

/** Decode a text whose first character names its base. */
WARN_UNUSED int multibase_decode_prefixed(struct wr *w, struct span text);

#endif
