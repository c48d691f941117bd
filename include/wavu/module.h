/*
 * Modules: code of others in a node, for experiments: another metric for ways, a filter of
 * messages, a cipher for links of a test network.
 *
 * The first half is for who writes a module: a shared library that exports one function,
 * wavu_module_entry, and links with nothing of wavu. The second is for programs that load some.
 * A module has all the rights of the node. docs/modules.md is the authors' guide.
 */
#ifndef WAVU_MODULE_H
#define WAVU_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/node.h"

WAVU_BEGIN

/* ---- For authors ---- */

#define WAVU_MODULE_MAGIC UINT32_C(0x5741564d)
#define WAVU_MODULE_ABI_MAJOR 1 /* another one is refused */
#define WAVU_MODULE_ABI_MINOR 0 /* a later one has more fields at the end of its structures */
#define WAVU_MODULE_NAME_MAX 32 /* bytes of a name (a-z, 0-9, -) or of a version, without NUL */
#define WAVU_MODULE_ID_MAX 9    /* a short id as text, with NUL */
#define WAVU_MODULE_WHY_MAX 192 /* a sentence, with NUL */
#define WAVU_MODULE_COUNTERS 8
#define WAVU_MODULE_KEY_SIZE 32
#define WAVU_MODULE_NONCE_SIZE 12
#define WAVU_MODULE_TAG_SIZE 16

/* Every structure begins with its size in bytes, as its writer was built: what lies behind it is
 * not there, and fields are only ever added at the end. */

/* What a module may ask of its node; all on the node's thread. Borrowed until fini. */
struct wavu_module_host {
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;
    void *self;           /* the first argument of all below */
    const char *argument; /* what stood behind the file's name; "" without any */
    /* A line in the node's log, with the module's name before it. Put no names, texts, keys or
     * addresses there. */
    void (*log)(void *self, enum wavu_log_level level, const char *text);
    /* Add to a counter of the module's, 0 to WAVU_MODULE_COUNTERS - 1; module.list shows them. */
    void (*count)(void *self, uint32_t counter, uint64_t by);
    /* Time since the machine started, of this turn of the node. */
    uint64_t (*now_ns)(void *self);
};

/* A link between two members, for which a cost is asked. Borrowed until return. Short ids are
 * salted: the same as long as the node runs, and of no use elsewhere. */
struct wavu_module_link {
    uint32_t size;
    const char *a; /* the ends, as short ids */
    const char *b;
    uint32_t rtt_us; /* 0: nobody has measured it */
    uint32_t loss;   /* 65536ths of what is sent; links that are streams tell 0 */
    bool is_own;     /* one end is this node */
    uint32_t default_cost;
};

/* A metric: which way is better. Costs are added along a way; the cheapest is taken. */
struct wavu_module_metric {
    uint32_t size;
    /* 1 to UINT32_MAX; 0: the default. Anything else is a bad answer, and the default is taken.
     * Asked when a member says something of its links, and not again until it does. */
    int64_t (*cost)(void *state, const struct wavu_module_link *link);
};

enum wavu_module_where {
    WAVU_MODULE_ROOM,
    WAVU_MODULE_DIRECT,
    WAVU_MODULE_BROADCAST, /* to the whole mesh, with no network of members */
    WAVU_MODULE_UNICAST    /* to one node, likewise */
};

/* What was said, or is to be. Borrowed until return. */
struct wavu_module_message {
    uint32_t size;
    enum wavu_module_where where;
    const char *kind; /* "text", "me", "file", "edit", "data", ... */
    const char *text; /* no NUL at its end is promised; of "data" any bytes */
    size_t text_len;
    const char *author; /* a short id; "" : this node's person */
    bool is_mention;    /* it mentions this node's person */
};

enum wavu_module_verdict { WAVU_MODULE_PASS, WAVU_MODULE_MARK, WAVU_MODULE_HIDE };

/* A filter. Either may be NULL. Calls for help are never asked about. */
struct wavu_module_filter {
    uint32_t size;
    /* An enum wavu_module_verdict on what others said: each time that it is shown, in a history or
     * by an event. Nothing is ever removed. */
    int (*incoming)(void *state, const struct wavu_module_message *message);
    /* 0: it may be said. 1: it may not; `why`, WAVU_MODULE_WHY_MAX bytes, gets a sentence for the
     * person, without a full stop. */
    int (*outgoing)(void *state, const struct wavu_module_message *message, char *why);
};

/* A cipher for links: authenticated encryption in place. `key`, `nonce` and `tag` have
 * WAVU_MODULE_KEY_SIZE, _NONCE_SIZE and _TAG_SIZE bytes. */
struct wavu_module_cipher {
    uint32_t size;
    /* Encrypt `len` bytes of `data`, write `tag`. It cannot fail. */
    void (*seal)(void *state, const uint8_t *key, const uint8_t *nonce, uint8_t *data, size_t len,
                 uint8_t *tag);
    /* Decrypt. 0; anything else: the tag is wrong. */
    int (*open)(void *state, const uint8_t *key, const uint8_t *nonce, uint8_t *data, size_t len,
                const uint8_t *tag);
};

struct wavu_module {
    uint32_t size;
    uint32_t magic; /* WAVU_MODULE_MAGIC */
    uint16_t abi_major;
    uint16_t abi_minor;
    const char *name;
    const char *version; /* printable ASCII */
    /* Begin; `*state`, the module's own, is handed to all calls. Not 0: it cannot, and `why`,
     * WAVU_MODULE_WHY_MAX bytes, gets a sentence without a full stop; `fini` does not come then.
     * May be NULL. */
    int (*init)(const struct wavu_module_host *host, void **state, char *why);
    void (*fini)(void *state); /* after an init that was 0, when the node ends; may be NULL */
    const struct wavu_module_metric *metric; /* NULL: none; so for all */
    const struct wavu_module_filter *filter;
    const struct wavu_module_cipher *cipher;
};

#define WAVU_MODULE_ENTRY "wavu_module_entry"

/* What a module exports, and all that it has to: a function that returns `pointer`, to a struct
 * wavu_module that stays as it is. Stands once, outside of functions. */
#define WAVU_MODULE_EXPORT(pointer)                                                                \
    WAVU_BEGIN                                                                                     \
    WAVU_API const struct wavu_module *wavu_module_entry(void);                                    \
    const struct wavu_module *wavu_module_entry(void)                                              \
    {                                                                                              \
        return pointer;                                                                            \
    }                                                                                              \
    WAVU_END

/* ---- For programs ---- */

/**
 * Load the module in `file`, with `argument` (or NULL); it stays until the node ends. Not from a
 * callback of a module. On an error `why` has a sentence without a full stop:
 * WAVU_ERR_INVALID: no absolute path, no regular file, or no module of this ABI; _NOT_FOUND;
 * _DENIED: others could write the file or a folder above it, it said no itself, or its cipher has
 * no place here; _EXISTS: that name, metric or cipher is there already; _LIMIT: too many;
 * _UNSUPPORTED: the node's port loads no files; _IO.
 */
WAVU_API WARN_UNUSED int wavu_module_load(struct wavu_node *node, const char *file,
                                          const char *argument, char why[WAVU_MODULE_WHY_MAX]);

/** Likewise one that is part of the program; `module` must outlive the node. */
WAVU_API WARN_UNUSED int wavu_module_add(struct wavu_node *node, const struct wavu_module *module,
                                         const char *argument, char why[WAVU_MODULE_WHY_MAX]);

/** Ask the module `name` no more; what it decided is decided anew. WAVU_ERR_NOT_FOUND; _DENIED: it
 * is a cipher. */
WAVU_API WARN_UNUSED int wavu_module_off(struct wavu_node *node, const char *name);

/* One module. Valid until the callback returns. */
struct wavu_module_about {
    const char *name;
    const char *version;
    const char *file; /* "" : part of the program */
    bool is_metric;
    bool is_filter;
    bool is_cipher;
    bool is_off;         /* asked no more: `why_off` */
    const char *why_off; /* "slow", "bad answers", "wished"; "" while it is on; static */
    uint64_t calls;
    uint64_t slow; /* of them, took longer than a call may */
    uint64_t bad;  /* answers that were none */
    uint64_t longest_us;
    uint64_t counters[WAVU_MODULE_COUNTERS];
};

/** Call `each` for every module, in the order in which they came. */
WAVU_API void wavu_module_list(const struct wavu_node *node,
                               void (*each)(void *context, const struct wavu_module_about *about),
                               void *context);

/** When what was to be said last was refused (WAVU_ERR_DENIED) by a filter: a sentence that says
 * so, borrowed until the next is said; else "". */
WAVU_API const char *wavu_module_refusal(const struct wavu_node *node);

WAVU_END

#endif
