/*
 * TCP connections: two ends, a pipe each way, and the handshake before.
 */
#ifndef SIM_SIM_TCP_H
#define SIM_SIM_TCP_H

#include "sim/sim_handle.h"
#include "sim/sim_pipe.h"

#define SIM_TCP_SYN_WAIT_NS                                                                        \
    TIMERS_SECOND /* before a SYN is sent again; doubled each time (RFC 6298) */

struct port_listener;
struct sim_conn;

enum sim_tcp_state {
    SIM_TCP_NONE,    /* the accepting end before the SYN has come */
    SIM_TCP_OPENING, /* dialling, or accepting and not handed to the listener's owner yet */
    SIM_TCP_OPEN,
    SIM_TCP_CLOSED /* by its owner or a crash, or it broke before it had an owner */
};

/* One end of a connection. Part of its connection, which lives until both ends are closed. */
struct port_tcp {
    struct sim_handle handle; /* linked while it has an owner */
    struct sim_conn *conn;
    struct port_tcp *peer;
    struct sim_pipe *in;
    struct sim_pipe *out;
    struct multiaddr_ip local; /* the peer's is the remote one */
    const struct port_tcp_user *user;
    void *context;
    struct sim_draw draw; /* sizes of its reads */
    enum sim_tcp_state state;
    int err;              /* why it broke or could not open; 0: it did not */
    bool opened_is_due;   /* tell `opened` */
    bool writable_is_due; /* tell `writable` */
    bool is_paused;
    bool is_told; /* `closed` was told, or `opened` with an error: nothing more comes */
};

/* What the handshake's packet under way is. */
enum sim_tcp_shake { SIM_TCP_SYN, SIM_TCP_SYN_ACK, SIM_TCP_ACK, SIM_TCP_REFUSAL, SIM_TCP_SHAKEN };

struct sim_conn {
    struct list link; /* in sim->conns */
    struct sim *sim;
    struct port_tcp ends[2];  /* who dialled, who accepts */
    struct sim_pipe pipes[2]; /* from who dialled, from who accepts */
    struct sim_event shake;   /* the packet arrives or is sent again */
    enum sim_tcp_shake awaits;
    bool is_sent_again;             /* `shake` is the sending, not the arrival */
    uint64_t wait_ns;               /* before the next repetition */
    uint64_t end_ns;                /* the handshake is given up */
    int refusal;                    /* what a refusal means: WAVU_ERR_REFUSED, _UNREACHABLE */
    uint64_t number;                /* for draws and the event hash */
    struct port_listener *listener; /* whose backlog it is in */
    struct list backlog_link;
};

/* The functions of struct port_net; sim_shake_dial makes a connection. */
void sim_tcp_attach(struct port_tcp *t, const struct port_tcp_user *user, void *context);
int sim_tcp_send(struct port_tcp *t, const struct span *pieces, size_t count, size_t *taken);
void sim_tcp_pause(struct port_tcp *t, bool pause);
void sim_tcp_addresses(const struct port_tcp *t, struct multiaddr_ip *local,
                       struct multiaddr_ip *remote);
void sim_tcp_close(struct port_tcp *t, bool abort);

/** A connection whose ends are nobody's and in state SIM_TCP_NONE. */
WARN_UNUSED struct sim_conn *sim_tcp_new(struct sim_host *from, struct sim_host *to);

/** Hand an end to a process. */
void sim_tcp_own(struct port_tcp *t, struct sim_life *life);

/** Free `conn` when neither end has an owner or may get one. */
void sim_tcp_free_if_over(struct sim_conn *conn);

/** Free all connections: for sim_free. */
void sim_tcp_free_all(struct sim *sim);

#endif
