/*
 * The daemon: a node, a control socket, and what programs asked of them.
 *
 * Every callback of the loop ends in p2pd_settle_*: what was closed in it is freed there, and
 * nowhere else.
 */
#ifndef APPS_P2PD_P2PD_H
#define APPS_P2PD_P2PD_H

#include "apps/p2pd/p2pd_flags.h"
#include "base/budget.h"
#include "base/list.h"
#include "os/pipe.h"
#include "wavu/p2p.h"

#define P2PD_CLIENTS_MAX 1024 /* connections to the control socket, streams among them */
#define P2PD_REQUESTS_BYTES                                                                        \
    (UINT64_C(64) * 1024 * 1024) /* of requests that are not whole, of all connections */
#define P2PD_ECHO_NAME "/echo/1.0.0"

struct p2pd {
    const struct p2pd_flags *flags; /* borrowed */
    struct wavu_os *os;
    struct port *port;
    struct wavu_node *node;
    struct pipe_server *server;
    struct budget budget;
    struct list clients;  /* of struct p2pd_client */
    struct list programs; /* of struct p2pd_program: who answers which protocol */
    struct list splices;  /* of struct p2pd_splice */
    bool is_closing;
};

/* Why a daemon did not start. */
enum p2pd_step {
    P2PD_FLAGS,    /* flags->problem says it */
    P2PD_KEY_FILE, /* `detail` is its path */
    P2PD_KEY_KIND, /* `detail` is the kind: not built yet */
    P2PD_KEY_PAIR, /* the two halves of the key do not belong together; `detail` is the path */
    P2PD_LOOP,
    P2PD_NODE,
    P2PD_HOST,     /* `detail` is the address that it could not listen at */
    P2PD_ANNOUNCE, /* likewise */
    P2PD_PEER,     /* likewise: of a peer to begin with */
    P2PD_SOCKET    /* `detail` is the control socket's address */
};

struct p2pd_failure {
    enum p2pd_step step;
    int err;
    char detail[WAVU_ADDRESS_TEXT_MAX];
};

/** Start a daemon. False with `*why` set; nothing is left then. `flags` must outlive it. */
WARN_UNUSED bool p2pd_start(struct p2pd *d, const struct p2pd_flags *flags,
                            struct p2pd_failure *why);

/** The address of its control socket, as text. */
void p2pd_control_address(const struct p2pd *d, char out[WAVU_ADDRESS_TEXT_MAX]);

/** The `i`th address to dial it at, without its id, as text; false when there are fewer. */
WARN_UNUSED bool p2pd_host_address(const struct p2pd *d, size_t i, char out[WAVU_ADDRESS_TEXT_MAX]);

/** Connect to the peers of -b and -bootstrapPeers. Those that cannot be reached are nobody's loss.
 */
void p2pd_bootstrap(struct p2pd *d);

/** Run until p2pd_stop. */
void p2pd_run(struct p2pd *d);
void p2pd_stop(struct p2pd *d);

/** End it, and free what it has. */
void p2pd_end(struct p2pd *d);

#endif
