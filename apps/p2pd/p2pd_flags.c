/*
 * Flags of go-libp2p-daemon as a table: name, kind, where the value goes. Go's rules: one dash or
 * two, -flag=value, -flag value; a switch alone is on, and never takes the next word.
 */
#include "apps/p2pd/p2pd_flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/guess.h"

enum p2pd_flags_kind { FLAG_TEXT, FLAG_SWITCH, FLAG_NUMBER, FLAG_TIME };

struct p2pd_flags_row {
    const char *name;
    enum p2pd_flags_kind kind;
    size_t offset;
    bool is_unbuilt; /* taken, and said once that nothing comes of it */
};

#define AT(field) offsetof(struct p2pd_flags, field)

static const struct p2pd_flags_row rows[] = {
    {"listen", FLAG_TEXT, AT(listen), false},
    {"listenAnywhere", FLAG_SWITCH, AT(is_anywhere), false},
    {"hostAddrs", FLAG_TEXT, AT(host_addresses), false},
    {"announceAddrs", FLAG_TEXT, AT(announce_addresses), false},
    {"noListenAddrs", FLAG_SWITCH, AT(has_no_listen), false},
    {"id", FLAG_TEXT, AT(id), false},
    {"q", FLAG_SWITCH, AT(is_quiet), false},
    {"b", FLAG_SWITCH, AT(has_bootstrap), false},
    {"bootstrapPeers", FLAG_TEXT, AT(bootstrap_peers), false},
    {"dht", FLAG_SWITCH, AT(has_dht), false},
    {"dhtClient", FLAG_SWITCH, AT(has_dht_client), false},
    {"dhtServer", FLAG_SWITCH, AT(has_dht_server), false},
    {"connManager", FLAG_SWITCH, AT(has_conn_manager), false},
    {"connLo", FLAG_NUMBER, AT(conn_low), false},
    {"connHi", FLAG_NUMBER, AT(conn_high), false},
    {"connGrace", FLAG_TIME, AT(conn_grace_ms), false},
    {"pubsub", FLAG_SWITCH, AT(has_pubsub), true},
    {"pubsubRouter", FLAG_TEXT, AT(pubsub_router), false},
    {"pubsubSign", FLAG_SWITCH, AT(signs), false},
    {"pubsubSignStrict", FLAG_SWITCH, AT(signs_strict), false},
    {"gossipsubHeartbeatInterval", FLAG_TIME, AT(heartbeat_ms), false},
    {"gossipsubHeartbeatInitialDelay", FLAG_TIME, AT(heartbeat_delay_ms), false},
    {"noise", FLAG_SWITCH, AT(has_noise), false},
    {"tls", FLAG_SWITCH, AT(has_tls), true},
    {"plaintext", FLAG_SWITCH, AT(has_plaintext), true},
    {"iKnowThisIsATest", FLAG_SWITCH, AT(is_test), false},
    {"muxer", FLAG_TEXT, AT(muxer), false},
    {"relay", FLAG_SWITCH, AT(has_relay), true},
    {"relayActive", FLAG_SWITCH, AT(has_relay_active), true},
    {"relayHop", FLAG_SWITCH, AT(has_relay_hop), true},
    {"relayHopLimit", FLAG_NUMBER, AT(relay_hop_limit), true},
    {"relayDiscovery", FLAG_SWITCH, AT(has_relay_discovery), true},
    {"autoRelay", FLAG_SWITCH, AT(has_auto_relay), true},
    {"autonat", FLAG_SWITCH, AT(has_autonat), true},
    {"natPortMap", FLAG_SWITCH, AT(has_port_map), true},
    {"forceReachabilityPublic", FLAG_SWITCH, AT(is_public), true},
    {"forceReachabilityPrivate", FLAG_SWITCH, AT(is_private), true},
    {"metricsAddr", FLAG_TEXT, AT(metrics_address), true},
    {"pprof", FLAG_SWITCH, AT(has_pprof), false},
    {"pprofPort", FLAG_NUMBER, AT(pprof_port), false},
    {"f", FLAG_TEXT, AT(settings), true},
    {"i", FLAG_SWITCH, AT(has_settings_stdin), true},
    {"echo", FLAG_SWITCH, AT(has_echo), false},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

_Static_assert(ROW_COUNT <= 64, "each has its bit");

void p2pd_flags_init(struct p2pd_flags *f)
{
    *f = (struct p2pd_flags){
        .listen = "/unix/tmp/p2pd.sock",
        .pubsub_router = "gossipsub",
        .muxer = "yamux",
        .conn_low = 256,
        .conn_high = 512,
        .conn_grace_ms = 120 * 1000,
        .signs = true,
        .signs_strict = true,
        .has_noise = true,
        .has_tls = true,
        .has_relay = true,
        .has_echo = true,
    };
}

static const struct p2pd_flags_row *p2pd_flags_find(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool p2pd_flags_fail(struct p2pd_flags *f, const char *name, const char *what,
                            const char *value)
{
    (void)snprintf(f->problem, sizeof f->problem, "-%.40s takes %s, not '%.64s'", name, what,
                   value);
    return false;
}

static bool p2pd_flags_unknown(struct p2pd_flags *f, const char *name)
{
    struct guess guess = {NULL, 0};
    for (size_t i = 0; i < ROW_COUNT; i++) {
        guess_try(&guess, name, rows[i].name);
    }
    (void)snprintf(f->problem, sizeof f->problem, "there is no option --%.40s%s%s", name,
                   guess.word != NULL ? "; did you mean --" : "",
                   guess.word != NULL ? guess.word : "");
    return false;
}

/* ---- Values, as go reads them ---- */

static bool p2pd_flags_switch(const char *text, bool *out)
{
    static const char *const on[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const off[] = {"0", "f", "F", "false", "FALSE", "False"};
    for (size_t i = 0; i < sizeof on / sizeof on[0]; i++) {
        if (strcmp(text, on[i]) == 0 || strcmp(text, off[i]) == 0) {
            *out = strcmp(text, on[i]) == 0;
            return true;
        }
    }
    return false;
}

static bool p2pd_flags_number(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && i < 10; i++) {
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (i == 0 || text[i] != '\0' || value > UINT32_MAX) {
        return false;
    }
    *out = value;
    return true;
}

/* One "1.5s" of a time; how many characters it took, 0: it is none. */
static size_t p2pd_flags_part(const char *text, double *out_ms)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}};
    size_t digits = strspn(text, "0123456789");
    size_t len = digits + (text[digits] == '.' ? 1 + strspn(text + digits + 1, "0123456789") : 0);
    if (digits == 0 || digits > 9) {
        return 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t unit = strlen(units[i].name);
        char next = strncmp(text + len, units[i].name, unit) == 0 ? text[len + unit] : 'x';
        if (next == '\0' || (next >= '0' && next <= '9')) {
            *out_ms = strtod(text, NULL) * units[i].ms;
            return len + unit;
        }
    }
    return 0;
}

/* "1m30s", "1.5s", "0" */
static bool p2pd_flags_time(const char *text, uint64_t *out_ms)
{
    double sum = 0;
    size_t at = 0;
    if (strcmp(text, "0") == 0) {
        *out_ms = 0;
        return true;
    }
    while (text[at] != '\0') {
        double ms = 0;
        size_t len = p2pd_flags_part(text + at, &ms);
        if (len == 0) {
            return false;
        }
        sum += ms;
        at += len;
    }
    *out_ms = (uint64_t)(sum + 0.999999);
    return at > 0 && sum < 1e15;
}

bool p2pd_flags_set(struct p2pd_flags *f, const char *name, const char *value)
{
    const struct p2pd_flags_row *row = p2pd_flags_find(name);
    if (row == NULL) {
        return p2pd_flags_unknown(f, name);
    }
    void *place = (uint8_t *)f + row->offset;
    f->given |= UINT64_C(1) << (row - rows);
    if (value == NULL && row->kind != FLAG_SWITCH) {
        (void)snprintf(f->problem, sizeof f->problem, "-%s needs a value", name);
        return false;
    }
    switch (row->kind) {
    case FLAG_TEXT:
        *(const char **)place = value;
        return true;
    case FLAG_SWITCH:
        return p2pd_flags_switch(value == NULL ? "true" : value, place) ||
               p2pd_flags_fail(f, name, "true or false", value);
    case FLAG_NUMBER:
        return p2pd_flags_number(value, place) || p2pd_flags_fail(f, name, "a number", value);
    case FLAG_TIME:
        return p2pd_flags_time(value, place) ||
               p2pd_flags_fail(f, name, "a time such as 500ms or 1m30s", value);
    }
    return false;
}

static bool p2pd_flags_refuse(struct p2pd_flags *f, const char *sentence)
{
    (void)snprintf(f->problem, sizeof f->problem, "%s", sentence);
    return false;
}

bool p2pd_flags_check(struct p2pd_flags *f)
{
    if (strcmp(f->muxer, "yamux") != 0) {
        return p2pd_flags_refuse(f, "yamux is the one muxer here; mplex has no flow control and is "
                                    "deprecated in libp2p");
    }
    if (f->has_plaintext) {
        return p2pd_flags_refuse(f, f->is_test ? "-plaintext is not built yet"
                                               : "-plaintext is for tests: links that anybody can "
                                                 "read need -iKnowThisIsATest beside it");
    }
    if (!f->has_noise) {
        return p2pd_flags_refuse(f, "without -noise no security is left that is built");
    }
    if (strcmp(f->pubsub_router, "gossipsub") != 0 && strcmp(f->pubsub_router, "floodsub") != 0) {
        return p2pd_flags_fail(f, "pubsubRouter", "gossipsub or floodsub", f->pubsub_router);
    }
    if (f->has_pprof) {
        return p2pd_flags_refuse(f, "-pprof is of go's programs; this is none");
    }
    if (f->is_public && f->is_private) {
        return p2pd_flags_refuse(
            f, "-forceReachabilityPublic and -forceReachabilityPrivate exclude each other");
    }
    if (f->has_conn_manager && f->conn_low > f->conn_high) {
        return p2pd_flags_refuse(f, "-connLo is above -connHi");
    }
    return true;
}

bool p2pd_flags_parse(struct p2pd_flags *f, int count, char *const *words)
{
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        char name[48];
        if (word[0] != '-' || word[1] == '\0') {
            (void)snprintf(f->problem, sizeof f->problem,
                           "p2pd does not understand the word '%.64s'", word);
            return false;
        }
        word += word[1] == '-' ? 2 : 1;
        size_t len = strcspn(word, "=");
        if (len == 0 || len >= sizeof name) {
            return p2pd_flags_unknown(f, word);
        }
        memcpy(name, word, len);
        name[len] = '\0';
        const char *value = word[len] == '=' ? word + len + 1 : NULL;
        const struct p2pd_flags_row *row = p2pd_flags_find(name);
        if (value == NULL && row != NULL && row->kind != FLAG_SWITCH && i + 1 < count) {
            value = words[++i];
        }
        if (!p2pd_flags_set(f, name, value)) {
            return false;
        }
    }
    return p2pd_flags_check(f);
}

bool p2pd_flags_has_dht(const struct p2pd_flags *f)
{
    return f->has_dht || f->has_dht_client || f->has_dht_server;
}

bool p2pd_flags_has(const struct p2pd_flags *f, const char *name)
{
    const struct p2pd_flags_row *row = p2pd_flags_find(name);
    return row != NULL && (f->given >> (row - rows) & 1) != 0;
}

/* Does the row wish for something? */
static bool p2pd_flags_wishes(const struct p2pd_flags *f, const struct p2pd_flags_row *row)
{
    const void *place = (const uint8_t *)f + row->offset;
    switch (row->kind) {
    case FLAG_TEXT:
        return *(const char *const *)place != NULL;
    case FLAG_SWITCH:
        return *(const bool *)place;
    case FLAG_NUMBER:
    case FLAG_TIME:
        return *(const uint64_t *)place > 0;
    }
    return false;
}

const char *p2pd_flags_unbuilt(const struct p2pd_flags *f, size_t i)
{
    for (size_t at = 0; at < ROW_COUNT; at++) {
        if (rows[at].is_unbuilt && (f->given >> at & 1) != 0 && p2pd_flags_wishes(f, &rows[at]) &&
            i-- == 0) {
            return rows[at].name;
        }
    }
    return NULL;
}

const char *p2pd_flags_name(size_t i, bool *has_value)
{
    if (i >= ROW_COUNT) {
        return NULL;
    }
    *has_value = rows[i].kind != FLAG_SWITCH;
    return rows[i].name;
}
