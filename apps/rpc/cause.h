/*
 * Why a network or room that somebody named was not the one, or none was found: one cause, and the
 * next step. The library says NOT_FOUND or INVALID for more than one thing that is named in one
 * call; asked again which networks and rooms there are, the cause is known. Likewise why one may
 * not write yet.
 */
#ifndef RPC_CAUSE_H
#define RPC_CAUSE_H

#include "apps/rpc/jsonrpc.h"
#include "apps/rpc/takes.h"

/* What was named: by name or id. NULL: nothing; then the only network, and its main room. */
struct cause_named {
    const char *network;
    const char *room;
};

/* The sentence in `own` for what cannot be written in a network or room yet: cause_fail says
 * instead what it waits for. */
extern const char cause_waits[];

/** Fill in `error` for an error of the library: the network's or the room's fault, when it is
 * that, or else as takes_fail with `own`. Always NULL. */
struct json_t *cause_fail(const struct methods *m, struct jsonrpc_error *error, int err,
                          struct cause_named named, const struct takes_meaning *own);

/** Is it an id, 64 hexadecimal digits, or NULL? Then INVALID has another cause. */
WARN_UNUSED bool cause_is_id(const char *text);

#endif
