/*
 * A table of settings, and one way for a value to come in: as text. The file's strings and numbers
 * and the options' words are read by the same function, so that both allow the same.
 */
#include "apps/wavu/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/term/say.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/duration.h"
#include "base/guess.h"
#include "base/multiaddr.h"
#include "base/toml.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

enum kind { ADDRESS, NUMBER, DURATION, REAL, SWITCH, NAME, POWER, SEED, ADDRESSES };

struct row {
    const char *name;    /* in the file */
    const char *option;  /* on the command line */
    const char *initial; /* as the file would have it; NULL: nothing */
    enum kind kind;
    size_t offset; /* in struct settings, of the kind's type */
    uint64_t min;  /* NUMBER; DURATION in ms; REAL */
    uint64_t max;
};

#define AT(field) offsetof(struct settings, field)

static const struct row rows[] = {
    {"bind_addr", "bind-addr", "0.0.0.0:9000", ADDRESS, AT(bind_addr), 0, 0},
    {"discovery_port", "discovery-port", "9999", NUMBER, AT(discovery_port), 0, 65535},
    {"min_degree", "min-degree", "4", NUMBER, AT(min_degree), 1, 12},
    {"max_degree", "max-degree", "6", NUMBER, AT(max_degree), 2, 12},
    {"keypair_seed", "keypair-seed", NULL, SEED, AT(keypair_seed), 0, 0},
    {"require_invitation", "require-invitation", "true", SWITCH, AT(require_invitation), 0, 0},
    {"gossip_interval", "gossip-interval", "1s", DURATION, AT(gossip_interval_ms), 50, DAY_MS},
    {"heartbeat_interval", "heartbeat-interval", "500ms", DURATION, AT(heartbeat_interval_ms), 50,
     60 * 1000},
    {"phi_threshold", "phi-threshold", "8.0", REAL, AT(phi_threshold), 1, 100},
    {"rebalance_interval", "rebalance-interval", "5s", DURATION, AT(rebalance_interval_ms), 100,
     DAY_MS},
    {"ihave_timeout", "ihave-timeout", "500ms", DURATION, AT(ihave_timeout_ms), 20, 60 * 1000},
    {"max_discovery_retries", "max-discovery-retries", "10", NUMBER, AT(max_discovery_retries), 1,
     1000000},
    {"recovery_base_delay", "recovery-base-delay", "500ms", DURATION, AT(recovery_base_delay_ms),
     10, DAY_MS},
    {"connect_timeout", "connect-timeout", "5s", DURATION, AT(connect_timeout_ms), 100,
     10 * 60 * 1000},
    {"wan_mode", "wan-mode", "false", SWITCH, AT(wan_mode), 0, 0},
    {"auto_accept", "auto-accept", "0", NUMBER, AT(auto_accept_kib), 0, 64 * 1024 * 1024},
    {"auto_lock", "auto-lock", "0", NUMBER, AT(auto_lock_minutes), 0, 7 * 24 * 60},
    {"power", "power", "normal", POWER, AT(is_low_power), 0, 0},
    {"network", "network", NULL, NAME, AT(network), 0, 0},
    {"seed_peers", "seed", NULL, ADDRESSES, AT(seed_peers), 0, 0},
};

#define ROWS (sizeof rows / sizeof rows[0])

_Static_assert(ROWS <= SETTINGS_COUNT_MAX, "each setting has a place that it comes from");

/* ---- One value from text ---- */

static void *field_of(struct settings *s, const struct row *row)
{
    return (char *)s + row->offset;
}

static const void *const_field_of(const struct settings *s, const struct row *row)
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

static const char *read_number(const struct row *row, const char *text, uint64_t *out)
{
    const char *end = NULL;
    uint64_t value = 0;
    if (!read_digits(text, &value, &end) || *end != '\0' || value < row->min || value > row->max) {
        return "a whole number";
    }
    *out = value;
    return NULL;
}

static const char *read_duration(const struct row *row, const char *text, uint64_t *out_ms)
{
    uint64_t ms = 0;
    if (duration_parse(text, &ms) < 0 || ms < row->min || ms > row->max) {
        return DURATION_WANTED;
    }
    *out_ms = ms;
    return NULL;
}

/* A number with a point, by the reader of the file: no locale has a say in it. */
static const char *read_real(const struct row *row, const char *text, double *out)
{
    char line[64];
    struct toml *t = NULL;
    struct toml_error error;
    (void)snprintf(line, sizeof line, "x=%.48s", text);
    if (toml_parse(span_from_text(line), &t, &error) < 0) {
        return "a number";
    }
    const struct toml_value *v = &toml_entry(t, 0)->value;
    bool is_good = (v->kind == TOML_FLOAT || v->kind == TOML_INTEGER) &&
                   v->real >= (double)row->min && v->real <= (double)row->max;
    *out = is_good ? v->real : *out;
    toml_free(t);
    return is_good ? NULL : "a number";
}

static const char *read_switch(const char *text, bool *out)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        return "true or false";
    }
    *out = text[0] == 't';
    return NULL;
}

static const char *read_power(const char *text, bool *out_is_low)
{
    if (strcmp(text, "low") != 0 && strcmp(text, "normal") != 0) {
        return "normal or low";
    }
    *out_is_low = text[0] == 'l';
    return NULL;
}

static const char *read_name(const char *text, char out[SETTINGS_NETWORK_MAX])
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
    if (len == 0 || text[len] != '\0' || len >= SETTINGS_NETWORK_MAX) {
        return "a name of 1 to 64 of a-z, 0-9, '.', '-' and '_'";
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
        return "64 hexadecimal digits";
    }
    for (size_t i = 0; i < SETTINGS_SEED_SIZE; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return "64 hexadecimal digits";
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
        return "an address: host:port, or a multiaddr such as /ip4/192.0.2.7/tcp/9000";
    }
    memset(out, 0, SETTINGS_ADDRESS_MAX); /* lists are compared whole */
    memcpy(out, text, strlen(text));
    return NULL;
}

static const char *add_seed_peer(struct settings *s, const char *text)
{
    if (s->seed_count == SETTINGS_SEEDS_MAX) {
        return "at most 32 addresses";
    }
    const char *wanted = read_address(text, s->seed_peers[s->seed_count]);
    s->seed_count += wanted == NULL ? 1 : 0;
    return wanted;
}

/* Take `text` for the setting; NULL, or what it takes instead. */
static const char *take(struct settings *s, const struct row *row, const char *text)
{
    switch (row->kind) {
    case ADDRESS:
        return read_address(text, field_of(s, row));
    case NUMBER:
        return read_number(row, text, field_of(s, row));
    case DURATION:
        return read_duration(row, text, field_of(s, row));
    case REAL:
        return read_real(row, text, field_of(s, row));
    case SWITCH:
        return read_switch(text, field_of(s, row));
    case NAME:
        return read_name(text, field_of(s, row));
    case POWER:
        return read_power(text, field_of(s, row));
    case SEED:
        return read_seed(s, text);
    case ADDRESSES:
        return add_seed_peer(s, text);
    }
    return "nothing";
}

/* " from 1 to 12" or ", from 50ms to 24h", where the setting has bounds. Returns `out`. */
static const char *bounds_of(const struct row *row, char out[64])
{
    out[0] = '\0';
    if (row->kind == NUMBER || row->kind == REAL) {
        (void)snprintf(out, 64, " from %llu to %llu", (unsigned long long)row->min,
                       (unsigned long long)row->max);
    }
    if (row->kind == DURATION) {
        struct wr w;
        wr_init(&w, span_mut_of((uint8_t *)out, 64));
        wr_bytes(&w, span_from_text(", from "));
        duration_write(&w, row->min);
        wr_bytes(&w, span_from_text(" to "));
        duration_write(&w, row->max);
        wr_u8(&w, '\0');
        CHECK(wr_finish(&w) == 0);
    }
    return out;
}

void settings_init(struct settings *s)
{
    *s = (struct settings){.seed_count = 0};
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].initial != NULL) {
            (void)take(s, &rows[i], rows[i].initial);
        }
    }
}

void settings_wipe(struct settings *s)
{
    explicit_bzero(s->keypair_seed, sizeof s->keypair_seed);
    s->has_keypair_seed = false;
}

/* ---- The file ---- */

static int explain_key(const char *path, const struct toml_entry *e)
{
    struct guess guess = {NULL, 0};
    for (size_t i = 0; i < ROWS; i++) {
        guess_try(&guess, e->key, rows[i].name);
    }
    if (e->table[0] != '\0') {
        return say_problem(SAY_USAGE, "%s:%u:%u: there is no table [%s] among the settings", path,
                           e->line, e->column, e->table);
    }
    return say_problem(SAY_USAGE, "%s:%u:%u: there is no setting '%s'%s%s", path, e->line,
                       e->column, e->key, guess.word != NULL ? "; did you mean " : "",
                       guess.word != NULL ? guess.word : "");
}

/* A value of the file as text; false when its kind is not the setting's. */
static bool text_of(const struct row *row, const struct toml_value *v, char out[SETTINGS_VALUE_MAX])
{
    switch (v->kind) {
    case TOML_STRING:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%s", v->text);
        return strlen(v->text) < SETTINGS_VALUE_MAX && row->kind != NUMBER && row->kind != REAL &&
               row->kind != SWITCH;
    case TOML_INTEGER:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%lld", (long long)v->integer);
        return row->kind == NUMBER || row->kind == REAL;
    case TOML_FLOAT:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%.17e", v->real);
        return row->kind == REAL;
    case TOML_BOOLEAN:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%s", v->boolean ? "true" : "false");
        return row->kind == SWITCH;
    case TOML_ARRAY:
        return false;
    }
    return false;
}

static int take_value(struct settings *s, const struct row *row, const char *path,
                      const struct toml_value *v)
{
    char text[SETTINGS_VALUE_MAX];
    char bounds[64];
    const char *wanted = NULL;
    /* What is refused is named by what is asked for: read the setting's default for that. */
    bool is_kind = text_of(row, v, text);
    wanted = take(s, row, is_kind ? text : "");
    if (wanted == NULL) {
        return 0;
    }
    return say_problem(SAY_USAGE, "%s:%u:%u: %s takes %s%s%s", path, v->line, v->column, row->name,
                       wanted, bounds_of(row, bounds),
                       row->kind == DURATION || row->kind == ADDRESS ? ", in quotes" : "");
}

static int take_entry(struct settings *s, const char *path, const struct toml_entry *e)
{
    size_t i = 0;
    while (i < ROWS && (e->table[0] != '\0' || strcmp(e->key, rows[i].name) != 0)) {
        i++;
    }
    if (i == ROWS) {
        return explain_key(path, e);
    }
    s->from[i] = (struct settings_from){SETTINGS_FROM_FILE, (uint8_t)(s->file_count - 1), e->line};
    if (rows[i].kind != ADDRESSES) {
        return take_value(s, &rows[i], path, &e->value);
    }
    if (e->value.kind != TOML_ARRAY) {
        return say_problem(SAY_USAGE, "%s:%u:%u: %s takes a list: [\"host:port\", ...]", path,
                           e->value.line, e->value.column, rows[i].name);
    }
    int code = 0;
    s->seed_count = 0; /* the list of a later file stands in place of an earlier one's */
    for (size_t at = 0; at < e->value.count && code == 0; at++) {
        code = take_value(s, &rows[i], path, &e->value.items[at]);
    }
    return code;
}

/* The whole file into `out`. Returns 0, -1 when there is none, or an exit code after a sentence. */
static int read_whole(const char *path, struct buf *out)
{
    uint8_t block[4096];
    size_t len = sizeof block;
    FILE *file = fopen(path, "rbe");
    if (file == NULL && (errno == ENOENT || errno == ENOTDIR)) {
        return -1;
    }
    if (file == NULL) {
        return say_problem(errno == EACCES ? SAY_DENIED : SAY_FAILURE,
                           "the settings '%s' cannot be read: %s", path, strerror(errno));
    }
    int rc = 0;
    while (rc == 0 && len == sizeof block) {
        len = fread(block, 1, sizeof block, file);
        rc = buf_append(out, span_of(block, len));
    }
    bool is_broken = ferror(file) != 0;
    (void)fclose(file);
    explicit_bzero(block, sizeof block); /* the file may hold keypair_seed */
    if (rc < 0) {
        return say_problem(SAY_FAILURE, "the settings '%s' are longer than %d KiB", path,
                           SETTINGS_FILE_MAX / 1024);
    }
    return is_broken ? say_problem(SAY_FAILURE, "the settings '%s' cannot be read", path) : 0;
}

int settings_read_text(struct settings *s, const char *path, struct span text)
{
    struct toml *t = NULL;
    struct toml_error error;
    int code = 0;
    if (s->file_count < PLACES_FILES_MAX) {
        (void)snprintf(s->files[s->file_count++], HOME_PATH_MAX, "%s", path);
    }
    if (toml_parse(text, &t, &error) < 0) {
        return say_problem(SAY_USAGE, "%s:%u:%u: %s", path, error.line, error.column,
                           error.message);
    }
    for (size_t i = 0; i < toml_count(t) && code == 0; i++) {
        code = take_entry(s, path, toml_entry(t, i));
    }
    toml_free(t);
    return code;
}

int settings_read_file(struct settings *s, const char *path, bool may_be_absent)
{
    struct buf text;
    buf_init(&text, SETTINGS_FILE_MAX);
    int code = read_whole(path, &text);
    if (code == 0) {
        code = settings_read_text(s, path, buf_span(&text));
    } else if (code < 0) {
        code = may_be_absent ? 0 : say_problem(SAY_NOT_FOUND, "there are no settings '%s'", path);
    }
    buf_wipe(&text);
    return code;
}

int settings_read_places(struct settings *s, const struct places *places)
{
    int code = 0;
    for (size_t i = 0; i < places->count && code == 0; i++) {
        code = settings_read_file(s, places->files[i], true);
    }
    return code;
}

/* ---- Variables ---- */

/* WAVU_MIN_DEGREE of min_degree. Returns `out`. */
static const char *variable_of(const struct row *row, char out[64])
{
    int len = snprintf(out, 64, "WAVU_%s", row->name);
    for (int i = 0; i < len && i < 63; i++) {
        out[i] = out[i] >= 'a' && out[i] <= 'z' ? (char)(out[i] - 32) : out[i];
    }
    return out;
}

/* The parts of `text` between commas, which for all but lists is the whole. */
static const char *take_variable(struct settings *s, const struct row *row, const char *text)
{
    char part[SETTINGS_VALUE_MAX];
    const char *wanted = NULL;
    if (row->kind != ADDRESSES) {
        return take(s, row, text);
    }
    s->seed_count = 0;
    while (wanted == NULL && *text != '\0') {
        size_t len = strcspn(text, ",");
        (void)snprintf(part, sizeof part, "%.*s", (int)len, text);
        wanted = len < sizeof part ? take(s, row, part) : "addresses with commas";
        text += len + (text[len] == ',' ? 1 : 0);
    }
    return wanted;
}

int settings_read_environment(struct settings *s)
{
    char name[64];
    char bounds[64];
    for (size_t i = 0; i < ROWS; i++) {
        const char *text = rows[i].kind != SEED ? getenv(variable_of(&rows[i], name)) : NULL;
        if (text == NULL || text[0] == '\0') {
            continue;
        }
        const char *wanted = take_variable(s, &rows[i], text);
        if (wanted != NULL) {
            return say_problem(SAY_USAGE, "%s takes %s%s, not '%.64s'", name, wanted,
                               bounds_of(&rows[i], bounds), text);
        }
        s->from[i] = (struct settings_from){.origin = SETTINGS_FROM_ENVIRONMENT};
    }
    return 0;
}

/* ---- Options ---- */

int settings_read_args(struct settings *s, const struct args *args)
{
    char bounds[64];
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        if (args_has(args, row->option) && row->kind == ADDRESSES) {
            s->seed_count = 0; /* the option's list stands in place of the file's */
        }
        for (size_t at = 0; args_has(args, row->option); at++) {
            const char *text = args_nth(args, row->option, at);
            if (row->kind == SWITCH && text == NULL) {
                text = "true"; /* a bare one */
            }
            if (text == NULL) {
                break;
            }
            const char *wanted = take(s, row, text);
            if (wanted != NULL) {
                return say_problem(SAY_USAGE, "--%s takes %s%s, not '%.64s'", row->option, wanted,
                                   bounds_of(row, bounds), row->kind == SEED ? "..." : text);
            }
            s->from[i] = (struct settings_from){.origin = SETTINGS_FROM_OPTION};
            if (row->kind == SWITCH) {
                break;
            }
        }
    }
    return 0;
}

int settings_check(const struct settings *s)
{
    if (s->min_degree > s->max_degree) {
        return say_problem(SAY_USAGE, "min_degree is %llu and max_degree %llu; let it not be less",
                           (unsigned long long)s->min_degree, (unsigned long long)s->max_degree);
    }
    return 0;
}

/* How many bytes at its offset a setting has; a text has those before its end. */
static size_t size_of(const struct settings *s, const struct row *row)
{
    switch (row->kind) {
    case ADDRESS:
    case NAME:
        return strlen(const_field_of(s, row));
    case NUMBER:
    case DURATION:
        return sizeof(uint64_t);
    case REAL:
        return sizeof(double);
    case SWITCH:
    case POWER:
        return sizeof(bool);
    case SEED:
        return s->has_keypair_seed ? SETTINGS_SEED_SIZE : 0;
    case ADDRESSES:
        return s->seed_count * SETTINGS_ADDRESS_MAX;
    }
    return 0;
}

bool settings_differ(const struct settings *a, const struct settings *b, size_t i)
{
    size_t size = size_of(a, &rows[i]);
    return size_of(b, &rows[i]) != size ||
           memcmp(const_field_of(a, &rows[i]), const_field_of(b, &rows[i]), size) != 0;
}

/* ---- Changing ---- */

size_t settings_find(const char *name)
{
    struct guess guess = {NULL, 0};
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return i;
        }
        guess_try(&guess, name, rows[i].name);
    }
    if (guess.word != NULL) {
        (void)say_problem(SAY_NOT_FOUND, "there is no setting '%.64s'; did you mean %s?", name,
                          guess.word);
    } else {
        (void)say_problem(SAY_NOT_FOUND, "there is no setting '%.64s'; 'wavu get' lists them",
                          name);
    }
    return SETTINGS_COUNT_MAX;
}

bool settings_is_secret(size_t i)
{
    return rows[i].kind == SEED;
}

const char *settings_words(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0 && rows[i].kind == SWITCH) {
            return "true|false";
        }
        if (strcmp(rows[i].name, name) == 0 && rows[i].kind == POWER) {
            return "normal|low";
        }
    }
    return "";
}

/* A list's items, each in quotes; they are addresses, which hold neither quotes nor backslashes. */
static int write_list(const struct settings *s, struct buf *out)
{
    char item[SETTINGS_ADDRESS_MAX + 8];
    int rc = buf_append(out, span_from_text("["));
    for (size_t i = 0; i < s->seed_count && rc == 0; i++) {
        (void)snprintf(item, sizeof item, "%s\"%s\"", i > 0 ? ", " : "", s->seed_peers[i]);
        rc = buf_append(out, span_from_text(item));
    }
    return rc < 0 ? rc : buf_append(out, span_from_text("]"));
}

int settings_write(size_t i, const char *text, struct buf *out)
{
    static struct settings scratch; /* 41 KiB */
    char bounds[64];
    char value[SETTINGS_VALUE_MAX];
    const struct row *row = &rows[i];
    int rc = 0;
    settings_init(&scratch);
    const char *wanted = take_variable(&scratch, row, text);
    if (wanted != NULL) {
        return say_problem(SAY_USAGE, "%s takes %s%s, not '%.64s'", row->name, wanted,
                           bounds_of(row, bounds), row->kind == SEED ? "..." : text);
    }
    if (row->kind == ADDRESSES) {
        rc = write_list(&scratch, out);
    } else if (row->kind == REAL) { /* all its digits */
        rc = buf_append(out, span_from_text(text));
    } else if (row->kind == SEED) {
        (void)snprintf(value, sizeof value, "\"%s\"", text);
        rc = buf_append(out, span_from_text(value));
        explicit_bzero(value, sizeof value);
    } else {
        rc = buf_append(out, span_from_text(settings_show(&scratch, i, value)));
    }
    settings_wipe(&scratch);
    return rc < 0 ? say_problem(SAY_USAGE, "the value of %s is too long", row->name) : 0;
}

/* ---- Showing ---- */

void settings_mesh(const struct settings *s, const char *seeds[SETTINGS_SEEDS_MAX],
                   struct wavu_mesh_config *out)
{
    for (size_t i = 0; i < s->seed_count; i++) {
        seeds[i] = s->seed_peers[i];
    }
    *out = (struct wavu_mesh_config){
        .has_discovery = s->discovery_port != 0,
        .discovery_port = (uint16_t)s->discovery_port,
        .has_mdns = s->discovery_port != 0,
        .min_degree = (uint16_t)s->min_degree,
        .max_degree = (uint16_t)s->max_degree,
        .gossip_interval_ms = s->gossip_interval_ms,
        .heartbeat_interval_ms = s->heartbeat_interval_ms,
        .phi_threshold = s->phi_threshold,
        .rebalance_interval_ms = s->rebalance_interval_ms,
        .ihave_timeout_ms = s->ihave_timeout_ms,
        .connect_timeout_ms = s->connect_timeout_ms,
        .recovery_base_delay_ms = s->recovery_base_delay_ms,
        .max_discovery_retries = (uint32_t)s->max_discovery_retries,
        .is_low_power = s->is_low_power,
        .is_wan = s->wan_mode,
        .network = s->network,
        .seeds = seeds,
        .seed_count = s->seed_count,
    };
}

const char *settings_name(size_t i)
{
    return i < ROWS ? rows[i].name : NULL;
}

static void show_duration(uint64_t ms, char out[SETTINGS_VALUE_MAX])
{
    struct wr w;
    wr_init(&w, span_mut_of(out, SETTINGS_VALUE_MAX));
    wr_text(&w, "\"");
    duration_write(&w, ms);
    wr_text(&w, "\"");
    CHECK(wr_finish_text(&w) == 0);
}

static void show_seeds(const struct settings *s, char out[SETTINGS_VALUE_MAX])
{
    size_t len = (size_t)snprintf(out, SETTINGS_VALUE_MAX, "[");
    for (size_t i = 0; i < s->seed_count; i++) {
        size_t left = SETTINGS_VALUE_MAX - len;
        int more = snprintf(out + len, left, "%s\"%s\"", i > 0 ? ", " : "", s->seed_peers[i]);
        if (more < 0 || (size_t)more + 8 >= left) {
            (void)snprintf(out + len, left, ", ...");
            len += strlen(out + len);
            break;
        }
        len += (size_t)more;
    }
    (void)snprintf(out + len, SETTINGS_VALUE_MAX - len, "]");
}

const char *settings_show(const struct settings *s, size_t i, char out[SETTINGS_VALUE_MAX])
{
    const struct row *row = &rows[i];
    const void *field = const_field_of(s, row);
    switch (row->kind) {
    case ADDRESS:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"", (const char *)field);
        break;
    case NUMBER:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%llu",
                       (unsigned long long)*(const uint64_t *)field);
        break;
    case DURATION:
        show_duration(*(const uint64_t *)field, out);
        break;
    case REAL: /* never in a locale's way */
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%llu.%llu",
                       (unsigned long long)*(const double *)field,
                       (unsigned long long)(*(const double *)field * 10) % 10);
        break;
    case SWITCH:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%s", *(const bool *)field ? "true" : "false");
        break;
    case NAME:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"", (const char *)field);
        break;
    case POWER:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"", *(const bool *)field ? "low" : "normal");
        break;
    case SEED:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%s", s->has_keypair_seed ? "\"(set)\"" : "\"\"");
        break;
    case ADDRESSES:
        show_seeds(s, out);
        break;
    }
    return out;
}

const char *settings_origin(const struct settings *s, size_t i)
{
    static const char *const names[] = {"default", "file", "environment", "option"};
    return names[s->from[i].origin];
}

const char *settings_place(const struct settings *s, size_t i, char out[SETTINGS_PLACE_MAX])
{
    char name[64];
    const struct settings_from *from = &s->from[i];
    switch ((enum settings_origin)from->origin) {
    case SETTINGS_DEFAULT:
        (void)snprintf(out, SETTINGS_PLACE_MAX, "default");
        break;
    case SETTINGS_FROM_FILE:
        (void)snprintf(out, SETTINGS_PLACE_MAX, "%s:%u", s->files[from->file],
                       (unsigned)from->line);
        break;
    case SETTINGS_FROM_ENVIRONMENT:
        (void)snprintf(out, SETTINGS_PLACE_MAX, "%s", variable_of(&rows[i], name));
        break;
    case SETTINGS_FROM_OPTION:
        (void)snprintf(out, SETTINGS_PLACE_MAX, "--%s", rows[i].option);
        break;
    }
    return out;
}

const char *settings_file_of(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0 && s->from[i].origin == SETTINGS_FROM_FILE) {
            return s->files[s->from[i].file];
        }
    }
    return NULL;
}
