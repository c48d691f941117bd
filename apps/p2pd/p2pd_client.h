/*
 * One connection to the control socket: requests one behind the other, each with its answer, until
 * one of them turns it into a stream.
 */
#ifndef APPS_P2PD_P2PD_CLIENT_H
#define APPS_P2PD_P2PD_CLIENT_H

#include "apps/p2pd/p2pd.h"
#include "base/buf.h"
#include "base/wr.h"

#define P2PD_CLIENT_OUT_MAX (16 * 1024 * 1024) /* bytes of answers that wait for one program */

struct p2pd_splice;
struct p2pd_dht;

/* A connection; in d->clients. */
struct p2pd_client {
    struct list link;
    struct p2pd *d;
    struct pipe *pipe;          /* NULL once it is closed, or a splice's */
    struct buf in;              /* requests that came; charged to d->budget */
    struct buf out;             /* answers */
    struct wavu_op *op;         /* CONNECT under way, or NULL */
    struct p2pd_splice *splice; /* STREAM_OPEN under way, or NULL */
    struct p2pd_dht *dht;       /* DHT under way, or NULL */
    bool has_end;               /* the program asks no more */
    bool is_over;               /* to be freed at the end of the callback */
};

/** A program connected. */
void p2pd_client_start(struct p2pd *d, struct pipe *pipe);

/** Close all at once. */
void p2pd_client_end_all(struct p2pd *d);

/** Answer with the body that `write` puts, twice: to measure and to write. */
void p2pd_client_answer(struct p2pd_client *c, void (*write)(struct wr *w, const void *what),
                        const void *what);

/** Answer ERROR with a sentence; or OK, when it is NULL. */
void p2pd_client_say(struct p2pd_client *c, const char *error);

/** Answer ERROR: what failed, and why. */
void p2pd_client_fail(struct p2pd_client *c, const char *what, int err);

/** STREAM_OPEN was agreed, and `write` puts the answer: what comes from now on is the stream. */
void p2pd_client_become_stream(struct p2pd_client *c, struct p2pd_splice *s,
                               void (*write)(struct wr *w, const void *what), const void *what);

/** What was under way has been answered: go on with the next request. The last call of such a
 * callback. */
void p2pd_client_go_on(struct p2pd_client *c);

#endif
