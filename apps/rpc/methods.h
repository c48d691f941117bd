/*
 * What a running node answers over its control socket: rpc.version, node.id, node.status,
 * node.peers, node.metrics; mesh.members, mesh.events, mesh.broadcast, mesh.send, mesh.sent;
 * those of methods_members, _contacts, _rooms, _direct, _files, _modules, _net, _vault, _reload,
 * _topics and _log.
 * docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_H
#define RPC_METHODS_H

#include "apps/rpc/feed.h"
#include "apps/rpc/jsonrpc.h"
#include "apps/rpc/methods_log.h"
#include "apps/rpc/methods_reload.h"
#include "apps/rpc/methods_topics.h"
#include "apps/rpc/methods_vault.h"
#include "apps/rpc/outbox.h"
#include "apps/rpc/tasks.h"

/* Version of the control protocol: fields are only added within one, never renamed or removed. */
#define METHODS_VERSION 1

struct wavu_node;

/* Whom the methods speak of. */
struct methods {
    struct feed feed;            /* filled by methods_listen */
    struct outbox outbox;        /* the node knows it: the methods outlive the node */
    struct tasks tasks;          /* likewise */
    void (*news)(void *context); /* methods_tell */
    void (*kept)(void *context); /* methods_tell */
    void *news_context;
    struct methods_vault vault;
    struct methods_reload reload;
    struct methods_log log;
    struct methods_topics topics;
    bool allows_modules;     /* to be loaded by module.load */
    bool makes_open;         /* networks made without a policy are open */
    const char *metrics_url; /* where metrics are served; "" or NULL: nowhere */
    char problem[256];       /* a sentence that is made for one answer */
    struct wavu_node *node;  /* borrowed; NULL while it starts: the node.* methods fail then */
};

/** Keep the mesh's events for mesh.events, once there is a node. */
void methods_listen(struct methods *m);

/** Call `news` (NULL: nobody any more) whenever something happened that a client may wait for, and
 * `kept` whenever the disk took something or does not take it. */
void methods_tell(struct methods *m, void (*news)(void *context), void (*kept)(void *context),
                  void *context);

/** Free what is kept; the node is not touched. */
void methods_clear(struct methods *m);

/** The service that answers for `m`, which must outlive it. */
struct jsonrpc_service methods_service(struct methods *m);

#endif
