/*
 * The errors of the whole house. A function that can fail returns 0 or one of these.
 *
 * The comment behind each name is the reaction that the caller owes it.
 */
#ifndef WAVU_ERR_H
#define WAVU_ERR_H

#include "wavu/api.h"

WAVU_BEGIN

enum wavu_err {
    WAVU_OK = 0,
    WAVU_ERR_AGAIN = -1,   /* not now: wait for the event that says so, then repeat */
    WAVU_ERR_LIMIT = -2,   /* a stated limit or budget is used up: shed, count, go on */
    WAVU_ERR_PROTO = -3,   /* the other side broke its protocol: close and score it */
    WAVU_ERR_CRYPTO = -4,  /* a tag, signature or proof is wrong: close and score */
    WAVU_ERR_PEER_ID = -5, /* another peer answered than the one dialled: try the next address */
    WAVU_ERR_UNSUPPORTED = -6,  /* no common protocol, or a kind we do not speak: do without */
    WAVU_ERR_CLOSED = -7,       /* ended in good order: no more will come */
    WAVU_ERR_RESET = -8,        /* ended by the other side or the network without good order */
    WAVU_ERR_TIMEOUT = -9,      /* nothing came in time: retry with backoff */
    WAVU_ERR_REFUSED = -10,     /* the other machine refused the connection: next address */
    WAVU_ERR_UNREACHABLE = -11, /* no route to there: next address or link */
    WAVU_ERR_DENIED = -12,      /* policy or permission says no: do not retry */
    WAVU_ERR_NOT_FOUND = -13,   /* the thing named does not exist */
    WAVU_ERR_EXISTS = -14,      /* it exists already, and is not replaced */
    WAVU_ERR_IN_USE = -15,      /* an address, port or home is taken by another process */
    WAVU_ERR_INVALID = -16,     /* an argument or a text cannot be understood: tell the person */
    WAVU_ERR_CORRUPT = -17,     /* stored bytes are damaged: stop, never overwrite them */
    WAVU_ERR_IO = -18,          /* the operating system failed to read or write */
    WAVU_ERR_NO_SPACE = -19,    /* the disk is full */
    WAVU_ERR_MEMORY = -20,      /* a file-sized allocation failed */
    WAVU_ERR_EXHAUSTED =
        -21,                 /* a counter (nonce, stream id) has reached its end: make a new link */
    WAVU_ERR_NO_NODE = -22,  /* no running node answers */
    WAVU_ERR_HARDWARE = -23, /* a radio or device is missing */
    WAVU_ERR_SHUTDOWN = -24, /* this node is going down */
    WAVU_ERR_DOWNGRADE = -25 /* a better protocol was suppressed on the way: close */
};

/** Name of `err` without its prefix, in lower case ("limit"); "unknown" for other values. Static.
 */
WAVU_API const char *wavu_err_name(int err);

/** One sentence for a person, without a full stop ("a stated limit is used up"). Static. */
WAVU_API const char *wavu_err_sentence(int err);

WAVU_END

#endif
