/*
 * The values inside multiaddrs: the protocol table, and per kind of value its size, what is valid,
 * and its text. docs/protocol/multiaddr.md describes each kind. Used by multiaddr.c only.
 */
#ifndef BASE_MULTIADDR_VALUE_H
#define BASE_MULTIADDR_VALUE_H

#include "base/wr.h"

#define MULTIADDR_VALUE_VARIABLE SIZE_MAX /* size: a varint length stands before the bytes */

struct multiaddr_kind {
    size_t size; /* bytes, 0 for no value, or MULTIADDR_VALUE_VARIABLE */

    /* Whether `value`, whose size is right, is one that `write` and `parse` carry back and forth.
     */
    bool (*is_valid)(struct span value);

    /* Append the text of a valid value. */
    void (*write)(struct wr *w, struct span value);

    /* Append the value of `text`: WAVU_ERR_INVALID or WAVU_ERR_LIMIT. The caller asks is_valid. */
    int (*parse)(struct wr *w, struct span text);

    bool is_rest; /* the text is all that follows, slashes included */
};

struct multiaddr_protocol {
    uint64_t code; /* enum multiaddr_code */
    const char *name;
    const struct multiaddr_kind *kind;
};

/** NULL when we do not know `code`. Static. */
const struct multiaddr_protocol *multiaddr_value_by_code(uint64_t code);

/** NULL when we do not know `name`. Aliases are known. Static. */
const struct multiaddr_protocol *multiaddr_value_by_name(struct span name);

#endif
