/*
 * A lasting connection to a running node, for programs with their own poll(2): many questions under
 * way, and the node's events as they come. Nothing here waits.
 *
 * How it is used:
 *
 *     rc = rpc_link_open(path, &user, context, &link);
 *     for (;;) {
 *         count = rpc_link_waits(link, waits);            // wait for those, RPC_LINK_FDS at most,
 *         poll(..., rpc_link_wait_ms(link, now_ms));      // no longer than that (-1: for ever)
 *         rc = rpc_link_pump(link, now_ms);               // callbacks come from in here alone
 *     }
 *
 * `user.ready` is the first to come: all that changes from then on comes as an event, so whoever
 * looks everything up in it misses nothing. It comes again when events were lost. When the node
 * goes away every question that is under way ends with WAVU_ERR_NO_NODE, then `user.down` comes,
 * once; to connect anew is the caller's wish (rpc_link_close, rpc_link_open).
 *
 * Two connections are held: an answer that waits for something to happen is cut short by whatever
 * is asked behind it (docs/protocol/control.md), so events have one of their own. A callback may
 * ask; it may not close.
 */
#ifndef APPS_RPC_RPC_LINK_H
#define APPS_RPC_RPC_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"
#include "wavu/err.h"

#define RPC_LINK_ASKED_MAX 64 /* questions under way; the node holds 256 answers of a client */
#define RPC_LINK_FDS 2        /* descriptors to wait for */
#define RPC_LINK_RETRY_MS 500 /* between two tries to have events of a node that has none yet */

struct json_t;
struct rpc_link; /* opaque; freed by rpc_link_close */

/* What came of a question: 0 and its result, or an error and a sentence for people. `result` and
 * `sentence` are borrowed; `sentence` is "" on 0. */
struct rpc_link_answer {
    int err; /* enum wavu_err: the node's, _NO_NODE (it went away), _PROTO (it answers nonsense),
                _CLOSED (rpc_link_close) */
    const struct json_t *result; /* NULL unless err is 0 */
    const char *sentence;        /* not cleaned: it may hold what a peer wrote */
    bool is_done; /* with an error: it was done all the same, and the disk does not take it now */
};
typedef void rpc_link_done(void *context, const struct rpc_link_answer *answer);

/* Told from inside rpc_link_pump. All but `ready` and `event` have to be there. */
struct rpc_link_user {
    /* Look everything up: from now on events tell what changes. NULL: no events are wanted. */
    void (*ready)(void *context);
    /* One of mesh.events; borrowed. */
    void (*event)(void *context, const struct json_t *event);
    /* It is over: WAVU_ERR_NO_NODE, or _PROTO where what answers is no node. Once. */
    void (*down)(void *context, int err);
};

struct rpc_link_wait {
    int fd;            /* wait for it to be readable, */
    bool wants_writes; /* and with this also for room to write */
};

/**
 * Connect to the node behind the socket `path`. `user` and `context` must outlive the link. Errors:
 * WAVU_ERR_NO_NODE (nobody listens there), _AGAIN (it has no time just now: try again), _DENIED
 * (this user may not ask, or another user's process answers), _INVALID (path too long), _LIMIT,
 * _IO.
 */
WARN_UNUSED int rpc_link_open(const char *path, const struct rpc_link_user *user, void *context,
                              struct rpc_link **out);

/** Close and free. Questions under way end with WAVU_ERR_CLOSED, whose callbacks come from in here;
 * `down` does not. NULL is fine. */
void rpc_link_close(struct rpc_link *link);

/** What to wait for; returns how many there are. */
size_t rpc_link_waits(const struct rpc_link *link, struct rpc_link_wait waits[RPC_LINK_FDS]);

/** How long to wait at most at `now_ms` (any clock that does not jump); -1: for ever. */
int rpc_link_wait_ms(const struct rpc_link *link, uint64_t now_ms);

/** Send, read, and tell what came. 0, or what `down` has told. */
WARN_UNUSED int rpc_link_pump(struct rpc_link *link, uint64_t now_ms);

/**
 * Ask `method` with `params` (taken, also on failure; NULL: none). `done` comes once, from inside a
 * later rpc_link_pump or rpc_link_close; NULL: nobody wants to know. Answers come in the order of
 * the questions. WAVU_ERR_LIMIT: RPC_LINK_ASKED_MAX are under way, or the question is longer than
 * 64 KiB; _NO_NODE: the link is down. Then `done` does not come.
 */
WARN_UNUSED int rpc_link_ask_take(struct rpc_link *link, const char *method, struct json_t *params,
                                  rpc_link_done *done, void *context);

/** Questions under way. */
size_t rpc_link_asked(const struct rpc_link *link);

/** For how long the oldest of them has waited; 0: none has. A node on its feet answers within
 * RPC_CLIENT_TIMEOUT_MS unless it is asked to wait. */
uint64_t rpc_link_asked_ms(const struct rpc_link *link, uint64_t now_ms);

#endif
