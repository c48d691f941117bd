/*
 * Streams of bytes between programs of one machine, over unix sockets and TCP: the two ends of
 * `wavu p2pd`. Non-blocking, on the loop, without buffers of their own: what came is handed up at
 * once, what is sent goes to the system or is not taken.
 *
 * Events come from the loop, never from inside a call here. A callback may close any pipe, and the
 * server; a closed one is heard of no more.
 */
#ifndef OS_PIPE_H
#define OS_PIPE_H

#include "base/multiaddr.h"
#include "wavu/os.h"

#define PIPE_READ_MAX 65536 /* bytes of one read */
#define PIPE_ACCEPTS_MAX 16 /* accepted in one iteration of the loop */
#define PIPE_PAUSE_MS 100   /* after running out of descriptors */
#define PIPE_BACKLOG 1024   /* that wait in the kernel: clients of others try once */

struct pipe;        /* one connection; freed after pipe_close */
struct pipe_server; /* freed by pipe_server_close */

struct pipe_user {
    void (*opened)(void *context, struct pipe *p);                 /* pipe_dial: connected */
    void (*data)(void *context, struct pipe *p, struct span data); /* borrowed until return */
    void (*end)(void *context, struct pipe *p);             /* the other side will send no more */
    void (*writable)(void *context, struct pipe *p);        /* pipe_send took less than given */
    void (*broken)(void *context, struct pipe *p, int err); /* as good as closed: to be closed */
};

/* How to listen. */
struct pipe_wish {
    struct multiaddr at; /* /unix/PATH, or /ip4|ip6/HOST/tcp/PORT (0: any) */
    bool is_anywhere;    /* beyond loopback, too */
    size_t max;          /* open at once; the next wait in the kernel */
    void (*accepted)(void *context, struct pipe *p); /* is to call pipe_attach or pipe_close */
    void *context;
};

/**
 * Listen. A unix socket has mode 0600, as ipc_listen makes it, and only processes of this user or
 * of root get through. WAVU_ERR_UNSUPPORTED for another kind of address, _DENIED beyond loopback,
 * errors of ipc_listen.
 */
WARN_UNUSED int pipe_listen(struct wavu_os *os, const struct pipe_wish *wish,
                            struct pipe_server **out);

/** Where it listens: the port that was picked. */
void pipe_server_address(const struct pipe_server *s, struct multiaddr *out);

/** Stop listening, remove the socket's file. Pipes stay; they must be closed before the loop is
 * freed. NULL is fine. */
void pipe_server_close(struct pipe_server *s);

/** Connect to such an address: `opened` or `broken` follows. WAVU_ERR_UNSUPPORTED, _DENIED (beyond
 * loopback, or another user listens there), _NO_NODE (nobody does), _LIMIT, _INVALID, ... */
WARN_UNUSED int pipe_dial(struct wavu_os *os, const struct multiaddr *to, bool is_anywhere,
                          const struct pipe_user *user, void *context, struct pipe **out);

/** From now on `user` (which must outlive it) hears. */
void pipe_attach(struct pipe *p, const struct pipe_user *user, void *context);

/** Send; `*taken` less than data.len: `writable` follows. WAVU_ERR_RESET: it is broken. */
WARN_UNUSED int pipe_send(struct pipe *p, struct span data, size_t *taken);

/** Read no more, or again. */
void pipe_pause(struct pipe *p, bool is_paused);

/** We send no more; what was taken arrives. */
void pipe_finish(struct pipe *p);

/** After `end`: is the other side gone altogether? Never true where the system cannot tell. */
bool pipe_is_gone(const struct pipe *p);

/** Close; `is_abort`: the other side is to see an error where it can. */
void pipe_close(struct pipe *p, bool is_abort);

#endif
