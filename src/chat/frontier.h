/*
 * Codec of a frontier: what a device holds of a room without gaps, signed by it. Bytes come from
 * broadcasts, that is from members, who may send anything; they leave as a broadcast of ours.
 *
 * Source: docs/protocol/room.md, "Frontier and receipts", and room.proto.
 */
#ifndef CHAT_FRONTIER_H
#define CHAT_FRONTIER_H

#include "group/entry.h"

#define FRONTIER_SAID_MAX 1024          /* authors of one message; the rest in the next */
#define FRONTIER_ROW_SIZE (32 + 8 + 32) /* device, sequence, id */
#define FRONTIER_NUMBER_MAX ((UINT64_C(1) << 62) - 1)
/* Body: rows and 160 bytes around them; the signature and its heads: 72. */
#define FRONTIER_SIZE_MAX (FRONTIER_SAID_MAX * FRONTIER_ROW_SIZE + 160 + 72)

/* The entries of `device` are there up to `sequence`, which is called `id`. */
struct frontier_said {
    uint8_t device[32];
    uint64_t sequence; /* from 1 */
    uint8_t id[ENTRY_ID_SIZE];
};

struct frontier {
    uint8_t room[32];
    uint8_t device[32]; /* whose frontier it is */
    uint64_t number;    /* grows with each of this device, over all rooms */
    struct span rows;   /* borrowed: `count` of FRONTIER_ROW_SIZE bytes */
    size_t count;
    bool has_read;        /* told by who wants to */
    uint64_t read_height; /* what is not behind this place in the room's order was read */
    uint8_t read_id[ENTRY_ID_SIZE];
};

/** Parse alone: for who knows otherwise that f->device says it. Errors but CRYPTO as below. */
WARN_UNUSED int frontier_read(struct frontier *f, struct span bytes);

/** Parse and check the signature, over `network`, too. WAVU_ERR_PROTO, WAVU_ERR_LIMIT (more rows
 * than FRONTIER_SAID_MAX), WAVU_ERR_UNSUPPORTED (a newer format), WAVU_ERR_CRYPTO. */
WARN_UNUSED int frontier_open(struct frontier *f, struct span bytes, const uint8_t network[32],
                              const struct signer *signer);

/** Row `i` of an opened one. */
struct frontier_said frontier_at(const struct frontier *f, size_t i);

/** Append a row where `rows` are written. */
void frontier_write_row(struct wr *w, const struct frontier_said *said);

/** Sign as f->device, whose pair is `pair`, and write. WAVU_ERR_LIMIT when it does not fit. */
WARN_UNUSED int frontier_seal(struct wr *w, const struct frontier *f, const uint8_t network[32],
                              const struct signer *signer, const struct ed25519_pair *pair);

#endif
