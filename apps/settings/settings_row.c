/*
 * The table, and one way for a value to come in: as text. The files' strings and numbers, variables
 * and the options' words are read by the same function, so that all allow the same.
 */
#include "apps/settings/settings_row.h"

#include <stdio.h>
#include <string.h>

#include "apps/daemon/web_address.h"
#include "apps/term/tongue.h"
#include "base/check.h"
#include "base/duration.h"
#include "base/multiaddr.h"
#include "base/toml.h"
#include "base/utf8.h"
#include "base/wr.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

#define AT(field) offsetof(struct settings, field)

static const struct settings_row rows[] = {
    {"bind_addr", "bind-addr", "0.0.0.0:9000", SETTINGS_ROW_ADDRESS, AT(bind_addr), 0, 0},
    {"discovery_port", "discovery-port", "9999", SETTINGS_ROW_NUMBER, AT(discovery_port), 0, 65535},
    {"min_degree", "min-degree", "4", SETTINGS_ROW_NUMBER, AT(min_degree), 1, 12},
    {"max_degree", "max-degree", "6", SETTINGS_ROW_NUMBER, AT(max_degree), 2, 12},
    {"keypair_seed", "keypair-seed", NULL, SETTINGS_ROW_SEED, AT(keypair_seed), 0, 0},
    {"require_invitation", "require-invitation", "true", SETTINGS_ROW_SWITCH,
     AT(require_invitation), 0, 0},
    {"gossip_interval", "gossip-interval", "1s", SETTINGS_ROW_DURATION, AT(gossip_interval_ms), 50,
     DAY_MS},
    {"heartbeat_interval", "heartbeat-interval", "500ms", SETTINGS_ROW_DURATION,
     AT(heartbeat_interval_ms), 50, 60 * 1000},
    {"phi_threshold", "phi-threshold", "8.0", SETTINGS_ROW_REAL, AT(phi_threshold), 1, 100},
    {"rebalance_interval", "rebalance-interval", "5s", SETTINGS_ROW_DURATION,
     AT(rebalance_interval_ms), 100, DAY_MS},
    {"ihave_timeout", "ihave-timeout", "500ms", SETTINGS_ROW_DURATION, AT(ihave_timeout_ms), 20,
     60 * 1000},
    {"max_discovery_retries", "max-discovery-retries", "10", SETTINGS_ROW_NUMBER,
     AT(max_discovery_retries), 1, 1000000},
    {"recovery_base_delay", "recovery-base-delay", "500ms", SETTINGS_ROW_DURATION,
     AT(recovery_base_delay_ms), 10, DAY_MS},
    {"connect_timeout", "connect-timeout", "5s", SETTINGS_ROW_DURATION, AT(connect_timeout_ms), 100,
     10 * 60 * 1000},
    {"wan_mode", "wan-mode", "false", SETTINGS_ROW_SWITCH, AT(wan_mode), 0, 0},
    {"auto_accept", "auto-accept", "0", SETTINGS_ROW_NUMBER, AT(auto_accept_kib), 0,
     64 * 1024 * 1024},
    {"auto_lock", "auto-lock", "0", SETTINGS_ROW_NUMBER, AT(auto_lock_minutes), 0, 7 * 24 * 60},
    {"log_level", "log-level", "warn", SETTINGS_ROW_LEVELS, AT(log_levels), 0, 0},
    {"log_format", "log-format", "text", SETTINGS_ROW_FORMAT, AT(is_log_json), 0, 0},
    {"power", "power", "normal", SETTINGS_ROW_POWER, AT(is_low_power), 0, 0},
    {"metrics", "metrics", "off", SETTINGS_ROW_LOCAL, AT(metrics), 0, 0},
    {"network", "network", NULL, SETTINGS_ROW_NAME, AT(network), 0, 0},
    {"seed_peers", "seed", NULL, SETTINGS_ROW_ADDRESSES, AT(seed_peers), 0, 0},
    {"allow_modules", "allow-modules", "false", SETTINGS_ROW_SWITCH, AT(allow_modules), 0, 0},
    {"modules", "module", NULL, SETTINGS_ROW_MODULES, AT(modules), 0, 0},
    {"kad", "kad", "auto", SETTINGS_ROW_KAD, AT(kad), 0, 0},
    {"kad_prefix", "kad-prefix", "/wavu", SETTINGS_ROW_PREFIX, AT(kad_prefix), 0, 0},
    {"kad_admission", "kad-admission", "members", SETTINGS_ROW_ADMISSION, AT(is_kad_open), 0, 0},
    {"kad_puzzle", "kad-puzzle", "0", SETTINGS_ROW_NUMBER, AT(kad_puzzle), 0, WAVU_KAD_PUZZLE_MAX},
};

#define ROWS (sizeof rows / sizeof rows[0])

_Static_assert(ROWS <= SETTINGS_COUNT_MAX, "each setting has a place that it comes from");

/* ---- One value from text ---- */

void *settings_row_field(struct settings *s, const struct settings_row *row)
{
    return (char *)s + row->offset;
}

const void *settings_row_const_field(const struct settings *s, const struct settings_row *row)
{
    return (const char *)s + row->offset;
}

/* Digits at the start of `text`; `*end` is behind them. False without any, or beyond 2^63. */
static bool read_digits(const char *text, uint64_t *value, const char **end)
{
    *value = 0;
    *end = text;
    while (**end >= '0' && **end <= '9' && *value < UINT64_C(1) << 59) {
        *value = *value * 10 + (uint64_t)(**end - '0');
        (*end)++;
    }
    return *end > text && (**end < '0' || **end > '9');
}

static const char *read_number(const struct settings_row *row, const char *text, uint64_t *out)
{
    const char *end = NULL;
    uint64_t value = 0;
    if (!read_digits(text, &value, &end) || *end != '\0' || value < row->min || value > row->max) {
        return tongue("a whole number");
    }
    *out = value;
    return NULL;
}

static const char *read_duration(const struct settings_row *row, const char *text, uint64_t *out_ms)
{
    uint64_t ms = 0;
    if (duration_parse(text, &ms) < 0 || ms < row->min || ms > row->max) {
        return tongue(DURATION_WANTED);
    }
    *out_ms = ms;
    return NULL;
}

/* A number with a point, by the reader of the file: no locale has a say in it. */
static const char *read_real(const struct settings_row *row, const char *text, double *out)
{
    char line[64];
    struct toml *t = NULL;
    struct toml_error error;
    (void)snprintf(line, sizeof line, "x=%.48s", text);
    if (toml_parse(span_from_text(line), &t, &error) < 0) {
        return tongue("a number");
    }
    const struct toml_value *v = &toml_entry(t, 0)->value;
    bool is_good = (v->kind == TOML_FLOAT || v->kind == TOML_INTEGER) &&
                   v->real >= (double)row->min && v->real <= (double)row->max;
    *out = is_good ? v->real : *out;
    toml_free(t);
    return is_good ? NULL : tongue("a number");
}

static const char *read_switch(const char *text, bool *out)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        return tongue("true or false");
    }
    *out = text[0] == 't';
    return NULL;
}

static const char *read_power(const char *text, bool *out_is_low)
{
    if (strcmp(text, "low") != 0 && strcmp(text, "normal") != 0) {
        return tongue("normal or low");
    }
    *out_is_low = text[0] == 'l';
    return NULL;
}

static const char *const kad_words[] = {"auto", "client", "server", "off"};

const char *settings_row_kad(enum settings_kad kad)
{
    return kad_words[kad];
}

static const char *read_kad(const char *text, enum settings_kad *out)
{
    for (size_t i = 0; i < sizeof kad_words / sizeof kad_words[0]; i++) {
        if (strcmp(text, kad_words[i]) == 0) {
            *out = (enum settings_kad)i;
            return NULL;
        }
    }
    return tongue("auto, client, server or off");
}

/* What a protocol's name begins with. */
static const char *read_prefix(const char *text, char out[WAVU_KAD_PREFIX_MAX])
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_/");
    if (text[0] != '/' || len < 2 || text[len] != '\0' || len >= WAVU_KAD_PREFIX_MAX ||
        text[len - 1] == '/' || strstr(text, "//") != NULL) {
        return tongue("a prefix such as /wavu or /ipfs, of a-z, 0-9, '.', '-', '_' and '/', "
                      "63 bytes at most");
    }
    memcpy(out, text, len + 1);
    return NULL;
}

static const char *read_admission(const char *text, bool *out_is_open)
{
    if (strcmp(text, "any") != 0 && strcmp(text, "members") != 0) {
        return tongue("members or any");
    }
    *out_is_open = text[0] == 'a';
    return NULL;
}

/* The levels of a later text stand in place of those of an earlier one. */
static const char *read_levels(const char *text, struct log_levels *out)
{
    struct log_levels fresh;
    log_levels_init(&fresh, LOG_WARN);
    if (log_levels_parse(&fresh, text) < 0) {
        return LOG_LEVELS_WANTED;
    }
    *out = fresh;
    return NULL;
}

static const char *read_format(const char *text, bool *out_is_json)
{
    if (strcmp(text, "json") != 0 && strcmp(text, "text") != 0) {
        return tongue("text or json");
    }
    *out_is_json = text[0] == 'j';
    return NULL;
}

static const char *read_name(const char *text, char out[SETTINGS_NETWORK_MAX])
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
    if (len == 0 || text[len] != '\0' || len >= SETTINGS_NETWORK_MAX) {
        return tongue("a name of 1 to 64 of a-z, 0-9, '.', '-' and '_'");
    }
    memcpy(out, text, len + 1);
    return NULL;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
    return at == NULL ? -1 : (int)(at - digits);
}

static const char *read_seed(struct settings *s, const char *text)
{
    if (strlen(text) != 2 * SETTINGS_SEED_SIZE) {
        return tongue("64 hexadecimal digits");
    }
    for (size_t i = 0; i < SETTINGS_SEED_SIZE; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return tongue("64 hexadecimal digits");
        }
        s->keypair_seed[i] = (uint8_t)(high << 4 | low);
    }
    s->has_keypair_seed = true;
    return NULL;
}

static const char *read_address(const char *text, char out[SETTINGS_ADDRESS_MAX])
{
    struct multiaddr parsed;
    if (strlen(text) >= SETTINGS_ADDRESS_MAX ||
        multiaddr_parse_any(&parsed, span_from_text(text)) < 0) {
        return tongue("an address: host:port, or a multiaddr such as /ip4/192.0.2.7/tcp/9000");
    }
    (void)snprintf(out, SETTINGS_ADDRESS_MAX, "%s", text);
    return NULL;
}

static const char *read_local(const char *text, char out[SETTINGS_ADDRESS_MAX])
{
    struct web_address address;
    if (!web_address_read(text, &address)) {
        return WEB_ADDRESS_WANTED;
    }
    (void)snprintf(out, SETTINGS_ADDRESS_MAX, "%s", text);
    return NULL;
}

/* A path, which a file's string holds as it is. */
static const char *read_module(const char *text, char out[SETTINGS_ADDRESS_MAX])
{
    bool is_plain = utf8_is_plain(span_from_text(text)) && strpbrk(text, "\"\\") == NULL;
    if (text[0] != '/' || !is_plain || strlen(text) >= SETTINGS_ADDRESS_MAX) {
        return tongue(
            "the whole path of a module, with =ARGUMENT behind it if it takes one, 255 bytes at "
            "most");
    }
    (void)snprintf(out, SETTINGS_ADDRESS_MAX, "%s", text);
    return NULL;
}

bool settings_row_is_list(const struct settings_row *row)
{
    return row->kind == SETTINGS_ROW_ADDRESSES || row->kind == SETTINGS_ROW_MODULES;
}

static const char *add_item(const struct settings_row *row, struct settings_list *list,
                            const char *text)
{
    if (list->count == SETTINGS_SEEDS_MAX) {
        return tongue("at most 32 of them");
    }
    char *item = list->items[list->count];
    const char *wanted =
        row->kind == SETTINGS_ROW_MODULES ? read_module(text, item) : read_address(text, item);
    list->count += wanted == NULL ? 1 : 0;
    return wanted;
}

/* Take `text` for the setting; NULL, or what it takes instead. */
const char *settings_row_take(struct settings *s, const struct settings_row *row, const char *text)
{
    switch (row->kind) {
    case SETTINGS_ROW_ADDRESS:
        return read_address(text, settings_row_field(s, row));
    case SETTINGS_ROW_NUMBER:
        return read_number(row, text, settings_row_field(s, row));
    case SETTINGS_ROW_DURATION:
        return read_duration(row, text, settings_row_field(s, row));
    case SETTINGS_ROW_REAL:
        return read_real(row, text, settings_row_field(s, row));
    case SETTINGS_ROW_SWITCH:
        return read_switch(text, settings_row_field(s, row));
    case SETTINGS_ROW_NAME:
        return read_name(text, settings_row_field(s, row));
    case SETTINGS_ROW_POWER:
        return read_power(text, settings_row_field(s, row));
    case SETTINGS_ROW_LOCAL:
        return read_local(text, settings_row_field(s, row));
    case SETTINGS_ROW_LEVELS:
        return read_levels(text, settings_row_field(s, row));
    case SETTINGS_ROW_FORMAT:
        return read_format(text, settings_row_field(s, row));
    case SETTINGS_ROW_SEED:
        return read_seed(s, text);
    case SETTINGS_ROW_ADDRESSES:
    case SETTINGS_ROW_MODULES:
        return add_item(row, settings_row_field(s, row), text);
    case SETTINGS_ROW_KAD:
        return read_kad(text, settings_row_field(s, row));
    case SETTINGS_ROW_PREFIX:
        return read_prefix(text, settings_row_field(s, row));
    case SETTINGS_ROW_ADMISSION:
        return read_admission(text, settings_row_field(s, row));
    }
    return tongue("nothing");
}

static void settings_row_time(char out[32], uint64_t ms)
{
    struct wr w;
    wr_init(&w, span_mut_of((uint8_t *)out, 32));
    duration_write(&w, ms);
    CHECK(wr_finish_text(&w) == 0);
}

const char *settings_row_bounds(const struct settings_row *row, const char *wanted,
                                char out[SETTINGS_ROW_WANTED_MAX])
{
    const size_t size = SETTINGS_ROW_WANTED_MAX;
    if (row->kind == SETTINGS_ROW_NUMBER || row->kind == SETTINGS_ROW_REAL) {
        (void)snprintf(out, size, tongue("%s from %llu to %llu"), wanted,
                       (unsigned long long)row->min, (unsigned long long)row->max);
    } else if (row->kind == SETTINGS_ROW_DURATION) {
        char least[32];
        char most[32];
        settings_row_time(least, row->min);
        settings_row_time(most, row->max);
        (void)snprintf(out, size, tongue("%s, from %s to %s"), wanted, least, most);
    } else {
        (void)snprintf(out, size, "%s", wanted);
    }
    return out;
}

const struct settings_row *settings_row_at(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}
