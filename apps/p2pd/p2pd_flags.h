/*
 * What a daemon was told on its command line: go-libp2p-daemon's flags, with one dash or two.
 */
#ifndef APPS_P2PD_P2PD_FLAGS_H
#define APPS_P2PD_P2PD_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

#define P2PD_FLAGS_PROBLEM_MAX 256 /* a sentence without a full stop, with NUL */

/* Texts are borrowed from the command line. */
struct p2pd_flags {
    const char *listen;         /* a multiaddr */
    const char *host_addresses; /* multiaddrs with commas between, here and below; NULL: any port */
    const char *announce_addresses; /* NULL: where it listens */
    const char *id;                 /* a key file; NULL: a fresh identity */
    const char *bootstrap_peers;    /* or NULL */
    const char *pubsub_router;
    const char *muxer;
    const char *metrics_address; /* or NULL */
    const char *settings;        /* a file with settings as JSON (-f), or NULL */
    uint64_t conn_low;
    uint64_t conn_high;
    uint64_t relay_hop_limit;
    uint64_t pprof_port;
    uint64_t conn_grace_ms;
    uint64_t heartbeat_ms; /* 0: the library's */
    uint64_t heartbeat_delay_ms;
    bool has_no_listen;
    bool is_anywhere; /* the control socket beyond loopback, too */
    bool is_quiet;
    bool has_settings_stdin;
    bool has_bootstrap;
    bool has_dht;
    bool has_dht_client;
    bool has_dht_server;
    bool has_conn_manager;
    bool has_pubsub;
    bool signs;
    bool signs_strict;
    bool has_noise;
    bool has_tls;
    bool has_plaintext;
    bool is_test;
    bool has_relay;
    bool has_relay_active;
    bool has_relay_hop;
    bool has_relay_discovery;
    bool has_auto_relay;
    bool has_autonat;
    bool has_port_map;
    bool is_public;
    bool is_private;
    bool has_pprof;
    bool has_echo;
    uint64_t given;                       /* bit i: the `i`th row of the table was given */
    char problem[P2PD_FLAGS_PROBLEM_MAX]; /* after a failure */
};

/** What a daemon does without any flag. */
void p2pd_flags_init(struct p2pd_flags *f);

/** Take `count` words. False with `problem` set when one cannot be understood, or some do not go
 * together. */
WARN_UNUSED bool p2pd_flags_parse(struct p2pd_flags *f, int count, char *const *words);

/** Set one by its name without dashes; NULL as value is the bare flag. As p2pd_flags_parse. */
WARN_UNUSED bool p2pd_flags_set(struct p2pd_flags *f, const char *name, const char *value);

/** Do they go together? As p2pd_flags_parse, which asks. */
WARN_UNUSED bool p2pd_flags_check(struct p2pd_flags *f);

/** Does it take part in Kademlia, in whatever role? */
bool p2pd_flags_has_dht(const struct p2pd_flags *f);

/** Was the flag of that name given? */
bool p2pd_flags_has(const struct p2pd_flags *f, const char *name);

/** The `i`th flag that was given and wishes what is not built yet; NULL when there are fewer. */
const char *p2pd_flags_unbuilt(const struct p2pd_flags *f, size_t i);

/** The `i`th flag there is, and whether a value belongs behind it; NULL when there are fewer. */
const char *p2pd_flags_name(size_t i, bool *has_value);

#endif
