/*
 * The modules of a node (wavu/module.h): taken after a look at what they say of themselves, asked
 * on the node's thread, measured, and their answers looked at. Private to node/.
 *
 * Comes in: questions of route/'s metric, of what is shown and said, of links' frames. Goes up:
 * answers that are some; where a module has none, what holds without it.
 */
#ifndef NODE_WAVU_MODULES_H
#define NODE_WAVU_MODULES_H

#include "base/log.h"
#include "base/span.h"
#include "base/timers.h"
#include "crypto/aead.h"
#include "node/wavu_node.h"
#include "route/route_metric.h"
#include "wavu/module.h"

#define WAVU_MODULES_MAX 16
#define WAVU_MODULES_CALL_NS (10 * TIMERS_MS)        /* a call that takes longer is a strike */
#define WAVU_MODULES_STRIKES_MAX 8                   /* with one more it is asked no more */
#define WAVU_MODULES_FORGIVE_NS (10 * TIMERS_SECOND) /* one strike is forgiven after so long */
#define WAVU_MODULES_ARGUMENT_MAX 1024               /* bytes of an argument */
#define WAVU_MODULES_REFUSAL_MAX                                                                   \
    (WAVU_MODULE_WHY_MAX + WAVU_MODULE_NAME_MAX + 64) /* bytes of "the filter ...: why" */
#define WAVU_MODULES_TEST_PREFIX "test-" /* names of networks in which a cipher may be tried */

struct port_lib; /* port/libs.h */

/* One module. Owned by the list. */
struct wavu_modules_one {
    struct wavu_modules *owner;
    struct port_lib *lib; /* NULL: part of the program */
    struct wavu_module about;
    struct wavu_module_metric metric; /* these as far as it has them, else zeros */
    struct wavu_module_filter filter;
    struct wavu_module_cipher cipher;
    struct wavu_module_host host;
    void *state;
    char *file;
    char *argument;
    uint64_t calls;
    uint64_t slow;
    uint64_t bad;
    uint64_t longest_ns;
    uint64_t counters[WAVU_MODULE_COUNTERS];
    uint64_t struck_ns; /* since when `strikes` is so */
    uint32_t strikes;
    bool is_begun;       /* init was 0 */
    const char *why_off; /* NULL: it is on */
};

struct wavu_modules {
    struct wavu_node *node;
    struct wavu_modules_one *ones[WAVU_MODULES_MAX];
    size_t count;
    struct wavu_modules_one *metric; /* who says costs; NULL: the default */
    struct wavu_modules_one *cipher;
    struct route_metric route; /* asks `metric` */
    struct timer recost;       /* costs are to be asked for anew */
    char refusal[WAVU_MODULES_REFUSAL_MAX];
};

/** End all modules, at the very end of the node. NULL is fine. */
void wavu_modules_free(struct wavu_modules *m);

/** What ways cost here; NULL: the default. */
const struct route_metric *wavu_modules_metric(const struct wavu_modules *m);

/* What filters say of what somebody else said. */
struct wavu_modules_seen {
    const char *filter; /* whose word it is; "" : nobody's */
    bool is_hidden;     /* else marked */
};

/** Ask the filters; `m` may be NULL. `message->size` is set here. */
struct wavu_modules_seen wavu_modules_look(struct wavu_modules *m,
                                           struct wavu_module_message *message);

/** Something is to be said: nothing was refused yet. NULL is fine. */
void wavu_modules_fresh(struct wavu_modules *m);

/** May that be said? WAVU_ERR_DENIED: no, and wavu_module_refusal has why. */
WARN_UNUSED int wavu_modules_say(struct wavu_modules *m, struct wavu_module_message *message);

/* ---- Among wavu_modules*.c ---- */

/** A call begins; returns when, for the other. */
uint64_t wavu_modules_begin(const struct wavu_modules_one *one);

/** It has returned, with an answer that is one or not. */
void wavu_modules_end(struct wavu_modules_one *one, uint64_t begun_ns, bool is_good);

/** Ask for all costs anew. */
void wavu_modules_recost(struct wavu_modules *m);

/** It says from now on what ways cost. */
void wavu_modules_metric_take(struct wavu_modules_one *one);

/** Whether the cipher of `one` may be taken, by place and self-test; else `why`. */
WARN_UNUSED int wavu_modules_cipher_check(struct wavu_modules_one *one,
                                          char why[WAVU_MODULE_WHY_MAX]);

/** All links speak it from now on. */
void wavu_modules_cipher_take(struct wavu_modules_one *one);

#endif
