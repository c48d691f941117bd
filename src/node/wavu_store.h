/*
 * The node's store: opened in its home, or its twin in memory; all that a node keeps is in it. Says
 * when it cannot be written, and when it can again; looks through all of it, a slice a minute, and
 * says what is damaged.
 *
 * docs/decisions/0005 says when a node does not start.
 */
#ifndef NODE_WAVU_STORE_H
#define NODE_WAVU_STORE_H

#include "base/log.h"
#include "base/metric.h"
#include "store/keyfile_seal.h"
#include "store/store.h"
#include "wavu/node.h"

#define WAVU_STORE_SLICE_NS (UINT64_C(60) * 1000000000) /* between two slices of the full check */
#define WAVU_STORE_ROUND_NS                                                                        \
    (UINT64_C(86400) * 1000000000) /* from its end to the next one's start */

struct wavu_store {
    struct store *store; /* NULL: shut, or never opened */
    struct log *log;     /* borrowed */
    struct store_watch watch;
    void (*told)(void *context); /* a commit came to its end; NULL: nobody asked */
    void *told_context;
    struct metric commits;
    struct metric failures;
    struct metric checked; /* full checks that found nothing wrong */
    struct metric damages; /* and those that found something */
    struct port *port;
    struct timer round;
    struct keyfile_seal_lock keys; /* opens the keys beside it; wiped by wavu_store_clear */
    uint8_t key[STORE_KEY_SIZE];   /* the store's, between wavu_store_unlock and wavu_store_open */
    bool has_key;
    int failed;      /* why the last commit did, while is_failing */
    bool is_failing; /* the last commit failed, and that was said */
    bool is_damaged; /* the full check has met something in this life */
};

/** Where the keys beside the store are sealed, take its key, with the passphrase: costs Argon2id.
 * As wavu_store_open. */
WARN_UNUSED int wavu_store_unlock(struct wavu_store *s, const struct wavu_config *node,
                                  const char **file);

/**
 * Open the store, or its twin in memory when the port has no home or the node is
 * ephemeral; with the passphrase where one is wanted. On an error
 * `*file` is the file of the home that it is about (static), and all is as it was:
 * WAVU_ERR_CORRUPT, _UNSUPPORTED (a newer wavu's), _IN_USE, _DENIED, _NO_SPACE, _IO. Zeroed memory
 * is a store that is shut, and what is opened. The keys beside it get the form that the home wants:
 * sealed where it has a passphrase.
 */
WARN_UNUSED int wavu_store_open(struct wavu_store *s, const struct wavu_config *node,
                                struct log *log, const char **file);

/** Link its counters into the node's set. */
void wavu_store_count(struct wavu_store *s, struct metric_set *metrics);

/** Write all that is pending, waiting for the disk, and let go of the home. Twice is fine. */
void wavu_store_shut(struct wavu_store *s);

/** Let go of it at once: what is pending is lost. */
void wavu_store_clear(struct wavu_store *s);

#endif
