/*
 * What a record of Kademlia must be, and which of two is better: validators by namespace. Bytes
 * come from peers and from the disk; nothing is stored or believed that was not checked here.
 * docs/protocol/kad.md, "Records".
 *
 * A key is "/namespace/rest". The validators are a table that its user names, so that each prefix
 * speaks its own namespaces, and a simulation may have one without signatures.
 */
#ifndef DISCOVERY_KAD_RECORD_H
#define DISCOVERY_KAD_RECORD_H

#include "crypto/peerid.h"
#include "discovery/kad_msg.h"

#define KAD_RECORD_SPACE_MAX 16      /* characters of a namespace */
#define KAD_RECORD_NO_END UINT64_MAX /* it ends with its holder's patience alone */

/* A checked record. Spans are borrowed from what was checked. */
struct kad_record {
    struct span key;
    struct span value;
    uint64_t sequence; /* 0 where all are equal */
    uint64_t end_ms;   /* wall time at which it is valid no more, or KAD_RECORD_NO_END */
};

struct kad_validator {
    const char *space; /* of "/space/rest" */
    size_t value_max;  /* bytes; KAD_MSG_VALUE_MAX at most */
    /* Is r->value (not empty, not too long) one of `rest` (not empty)? Fill in sequence and end;
     * the caller looks at the end. `wall_ms` is 0 where nobody knows it. Errors of
     * kad_record_check. */
    int (*check)(struct kad_record *r, struct span rest, uint64_t wall_ms);
};

struct kad_validators {
    const struct kad_validator *list;
    size_t count;
};

/* `pk` and `ipns`: what /ipfs has. */
extern const struct kad_validators kad_record_ipfs;

/* These, `wavu-peer` and `wavu-box`: what our own prefix has. */
extern const struct kad_validators kad_record_wavu;

/**
 * Fill `*r` with what `value` under `key` says, or leave it unchanged. `wall_ms`: the wall clock, 0
 * where it is not known: then ends are not looked at. WAVU_ERR_UNSUPPORTED: no validator has this
 * namespace, or the key is of a kind that nobody here verifies; _LIMIT: too long; _PROTO:
 * malformed; _CRYPTO: a signature is wrong, or another's; _CLOSED: its end has passed; _DENIED: it
 * claims to be made in the future.
 */
WARN_UNUSED int kad_record_check(const struct kad_validators *table, struct kad_record *r,
                                 struct span key, struct span value, uint64_t wall_ms);

/** Is `a` better than `b`, of one key (positive), or worse (negative)? 0: neither, and who holds
 * one of them keeps it. */
WARN_UNUSED int kad_record_compare(const struct kad_record *a, const struct kad_record *b);

/* Keys of this node's own records and of those it looks for. All fit KAD_MSG_KEY_MAX. */
void kad_record_key_pk(struct wr *w, const struct peerid *peer);
void kad_record_key_ipns(struct wr *w, const struct peerid *peer);
void kad_record_key_peer(struct wr *w,
                         const struct peerid *peer); /* its value is a signed peer
                                                        record (crypto/signed_record) */

#endif
