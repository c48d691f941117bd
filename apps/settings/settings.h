/*
 * The settings of a node: their names, defaults and bounds, the files they are read from (TOML),
 * the variables (WAVU_BIND_ADDR for bind_addr) and the options (--bind-addr) of the same names.
 *
 * An option beats the variable, that the files (of which the later beats the earlier), and they the
 * default. Everything is a row of one table, from which the reader, the options, `wavu config` and
 * `wavu set` work.
 */
#ifndef APPS_SETTINGS_SETTINGS_H
#define APPS_SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/settings/args.h"
#include "apps/settings/places.h"
#include "apps/settings/settings_list.h"
#include "base/buf.h"
#include "base/log_levels.h"
#include "wavu/kad.h"
#include "wavu/mesh.h"

#define SETTINGS_FILE "wavu.toml"     /* name of the file in the home */
#define SETTINGS_FILE_MAX (64 * 1024) /* bytes */
#define SETTINGS_SEEDS_MAX SETTINGS_LIST_MAX
#define SETTINGS_ADDRESS_MAX SETTINGS_LIST_ITEM_MAX /* bytes of one address as text, with NUL */
#define SETTINGS_NETWORK_MAX 65                     /* bytes of a network's name, with NUL */
#define SETTINGS_SEED_SIZE 32                       /* bytes of keypair_seed */
#define SETTINGS_VALUE_MAX SETTINGS_LIST_SHOWN_MAX  /* bytes of a value as it is shown, with NUL */

#define SETTINGS_COUNT_MAX 32   /* settings that there can be */
#define SETTINGS_PLACE_MAX 1024 /* bytes of where a value comes from, with NUL */

enum settings_origin {
    SETTINGS_DEFAULT,
    SETTINGS_FROM_FILE,
    SETTINGS_FROM_ENVIRONMENT,
    SETTINGS_FROM_OPTION
};

/* Where a value comes from. */
struct settings_from {
    uint8_t origin; /* enum settings_origin */
    uint8_t file;   /* of a file: which, in settings.files */
    uint32_t line;  /* of a file */
};

enum settings_kad { SETTINGS_KAD_AUTO, SETTINGS_KAD_CLIENT, SETTINGS_KAD_SERVER, SETTINGS_KAD_OFF };

/* Lists and the secret stand apart; the rest is numbers. */
struct settings {
    char bind_addr[SETTINGS_ADDRESS_MAX];
    uint64_t discovery_port; /* 0: off */
    uint64_t min_degree;
    uint64_t max_degree;
    bool has_keypair_seed;
    uint8_t keypair_seed[SETTINGS_SEED_SIZE]; /* wiped by settings_wipe */
    bool require_invitation; /* false: networks made here are open, unless they say otherwise */
    uint64_t gossip_interval_ms;
    uint64_t heartbeat_interval_ms;
    double phi_threshold;
    uint64_t rebalance_interval_ms;
    uint64_t ihave_timeout_ms;
    uint64_t max_discovery_retries;
    uint64_t recovery_base_delay_ms;
    uint64_t connect_timeout_ms;
    bool wan_mode;
    uint64_t auto_accept_kib;   /* of a file from a verified contact; 0: off */
    uint64_t auto_lock_minutes; /* 0: off */
    struct log_levels log_levels;
    bool is_log_json;                   /* log_format = json */
    bool is_low_power;                  /* power = low */
    char metrics[SETTINGS_ADDRESS_MAX]; /* where they are served, or "off" */
    char network[SETTINGS_NETWORK_MAX]; /* "": none */
    struct settings_list seed_peers;
    bool allow_modules;           /* to be loaded while the node runs */
    struct settings_list modules; /* paths, each with =ARGUMENT behind it or without */
    enum settings_kad kad;
    char kad_prefix[WAVU_KAD_PREFIX_MAX];
    bool is_kad_open;                              /* kad_admission = any */
    uint64_t kad_puzzle;                           /* bits */
    struct settings_from from[SETTINGS_COUNT_MAX]; /* by settings_name's index */
    char files[PLACES_FILES_MAX][HOME_PATH_MAX];   /* that were read, in order */
    size_t file_count;
};

void settings_init(struct settings *s);
void settings_wipe(struct settings *s);

/**
 * Read `path` over what is there. Without a file and with `may_be_absent` nothing changes. Returns
 * 0, or an exit code after one sentence that names file, line, column and, for a misspelt key, the
 * nearest known one.
 */
WARN_UNUSED int settings_read_file(struct settings *s, const char *path, bool may_be_absent);

/** Read the files that `places` has, one over the other. Returns as settings_read_file. */
WARN_UNUSED int settings_read_places(struct settings *s, const struct places *places);

/** Take the variables WAVU_<NAME>; a list's items stand behind each other with commas. An empty one
 * counts as absent, and keypair_seed has none: a secret is not for the environment. Returns 0, or
 * the exit code for usage after a sentence. */
WARN_UNUSED int settings_read_environment(struct settings *s);

/** Take the options of a command line. Returns 0, or the exit code for usage after a sentence. */
WARN_UNUSED int settings_read_args(struct settings *s, const struct args *args);

/** What one value alone cannot show (min_degree above max_degree). As settings_read_file. */
WARN_UNUSED int settings_check(const struct settings *s);

/** Has the `i`th setting another value in `b`? And let `to` have the `i`th as `from` has it. */
bool settings_differ(const struct settings *a, const struct settings *b, size_t i);
void settings_take(struct settings *to, const struct settings *from, size_t i);

/** What a node's mesh is told of them. `seeds` is filled; `out` borrows it and `s`. */
void settings_mesh(const struct settings *s, const char *seeds[SETTINGS_SEEDS_MAX],
                   struct wavu_mesh_config *out);

/** What a node is told of Kademlia; false: it takes no part. `out` borrows `s`. */
WARN_UNUSED bool settings_kad(const struct settings *s, struct wavu_kad_config *out);

/** The number of the setting `name`; SETTINGS_COUNT_MAX after a sentence when there is none. */
size_t settings_find(const char *name);

/** What the setting `name` takes, with | between, when that is one of a few words; else "". */
const char *settings_words(const char *name);

/** Append to `out` what a file would have for the `i`th setting when a person says `text` (a list's
 * items with commas). Returns 0, or SAY_USAGE after a sentence. */
WARN_UNUSED int settings_write(size_t i, const char *text, struct buf *out);

/** True for one that is a secret. */
bool settings_is_secret(size_t i);

/** As settings_read_file, for the text that `path` is to hold. */
WARN_UNUSED int settings_read_text(struct settings *s, const char *path, struct span text);

/** The `i`th setting's name, or NULL. */
const char *settings_name(size_t i);

/** Its value as the file would have it; keypair_seed is not shown. Returns `out`. */
const char *settings_show(const struct settings *s, size_t i, char out[SETTINGS_VALUE_MAX]);

/** True of what may name somebody or some place: addresses, names, paths, keys. */
bool settings_is_private(size_t i);

/** "default", "file", "environment" or "option". */
const char *settings_origin(const struct settings *s, size_t i);

/** The same for people: "default", "/etc/wavu/wavu.toml:3", "WAVU_POWER" or "--power". Returns
 * `out`.
 */
const char *settings_place(const struct settings *s, size_t i, char out[SETTINGS_PLACE_MAX]);

/** The file that the setting `name` comes from, or NULL. */
const char *settings_file_of(const struct settings *s, const char *name);

#endif
