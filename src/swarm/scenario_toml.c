/*
 * Two tables of keys, one for the scenario and one for a fault; reader and writer walk the same
 * rows. What one key alone cannot show (more senders than nodes) scenario_check finds, and the
 * place is then that of the key without which all would be well.
 */
#include "swarm/scenario_toml.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/duration.h"
#include "base/guess.h"
#include "base/mem.h"
#include "base/toml.h"
#include "base/wr.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define MONTH_MS (30 * DAY_MS)
#define MINUTE_MS (UINT64_C(60) * 1000)
#define FAULT "fault"
#define EXPECT "expect"
#define SHOWN "%.32s" /* of a text that somebody else wrote */

enum value_kind { NAME, SEED, NUMBER16, NUMBER32, TIME32, TIME64, CABLE, MILLI };

struct row {
    const char *key;
    enum value_kind kind;
    size_t offset; /* in struct scenario */
    uint64_t min;  /* of numbers and times in ms */
    uint64_t max;
    bool is_optional; /* zero means the machines' default, and is not written */
};

#define AT(field) offsetof(struct scenario, field)

static const struct row rows[] = {
    {"name", NAME, AT(name), 0, 0, false},
    {"seed", SEED, AT(seed), 0, 0, false},
    {"nodes", NUMBER32, AT(nodes), 2, SCENARIO_NODES_MAX, false},
    {"cable", CABLE, AT(cable), 0, 0, false},
    {"delay_min", TIME32, AT(delay_min_ms), 1, MINUTE_MS, false},
    {"delay_max", TIME32, AT(delay_max_ms), 1, MINUTE_MS, false},
    {"join_time", TIME64, AT(join_ms), 1, MONTH_MS, false},
    {"fault_time", TIME64, AT(fault_ms), 0, MONTH_MS, false},
    {"settle_time", TIME64, AT(settle_ms), 0, MONTH_MS, false},
    {"senders", NUMBER32, AT(senders), 0, SCENARIO_NODES_MAX, false},
    {"say_every", TIME64, AT(say_ms), 0, MONTH_MS, false},
    {"say_bytes", NUMBER32, AT(say_bytes), 0, 32768, false},
    {"min_degree", NUMBER16, AT(min_degree), 1, 12, true},
    {"max_degree", NUMBER16, AT(max_degree), 2, 12, true},
    {"gossip_interval", TIME64, AT(gossip_ms), 50, DAY_MS, true},
    {"heartbeat_interval", TIME64, AT(heartbeat_ms), 50, MINUTE_MS, true},
    {"rebalance_interval", TIME64, AT(rebalance_ms), 100, DAY_MS, true},
    {"ihave_timeout", TIME64, AT(ihave_ms), 20, MINUTE_MS, true},
    {"phi_threshold", MILLI, AT(phi_milli), 1000, 100000, true},
};

static const char *const fault_keys[] = {"id",   "kind",  "at",   "end",
                                         "node", "share", "rate", "amount"};
static const char *const expect_keys[] = {"hash", "why"};
static const char *const tables[] = {FAULT, EXPECT};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct reader {
    const struct toml *t;
    struct scenario_file *out;
    struct scenario_toml_error *error;
};

/* ---- What kinds have ---- */

bool scenario_toml_has_rate(enum scenario_fault_kind kind)
{
    return kind == SCENARIO_LOSS || kind == SCENARIO_DUPLICATE;
}

bool scenario_toml_is_time(enum scenario_fault_kind kind)
{
    return kind == SCENARIO_REORDER || kind == SCENARIO_DELAY || kind == SCENARIO_CHURN ||
           kind == SCENARIO_SKEW || kind == SCENARIO_SLOW;
}

bool scenario_toml_has_amount(enum scenario_fault_kind kind)
{
    return scenario_toml_is_time(kind) || kind == SCENARIO_BANDWIDTH || kind == SCENARIO_FLOOD;
}

/* ---- Refusals ---- */

static void place(struct reader *r, uint32_t line, uint32_t column)
{
    r->error->line = line;
    r->error->column = column;
}

static void clean(char *text)
{
    for (; *text != '\0'; text++) {
        *text = (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text;
    }
}

static int refuse_value(struct reader *r, const struct toml_entry *e, const char *wanted)
{
    place(r, e->value.line, e->value.column);
    (void)snprintf(r->error->message, sizeof r->error->message, "%s takes %.180s", e->key, wanted);
    return WAVU_ERR_INVALID;
}

static int refuse_word(struct reader *r, const struct toml_entry *e, const char *what,
                       const char *nearest)
{
    place(r, e->line, e->column);
    (void)snprintf(r->error->message, sizeof r->error->message, "there is no %s'" SHOWN "'%s%s",
                   what, what[0] == 't' ? e->table : e->key,
                   nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "");
    clean(r->error->message);
    return WAVU_ERR_INVALID;
}

static const char *nearest_of(const char *typed, const char *const *known, size_t count)
{
    struct guess guess = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        guess_try(&guess, typed, known[i]);
    }
    return guess.word;
}

/* ---- Values ---- */

static int read_time(struct reader *r, const struct toml_entry *e, uint64_t min, uint64_t *out)
{
    uint64_t ms = 0;
    bool is_good = e->value.kind == TOML_STRING && duration_parse(e->value.text, &ms) == 0;
    if (!is_good) {
        return refuse_value(r, e, DURATION_WANTED ", in quotes");
    }
    if (ms < min || ms > MONTH_MS) {
        return refuse_value(r, e, min == 0 ? "at most 720h" : "a time above 0s, at most 720h");
    }
    *out = ms;
    return 0;
}

static int read_number(struct reader *r, const struct toml_entry *e, uint64_t max, uint64_t *out)
{
    char wanted[64];
    const struct toml_value *v = &e->value;
    if (v->kind != TOML_INTEGER || v->integer < 0 || (uint64_t)v->integer > max) {
        (void)snprintf(wanted, sizeof wanted, "a whole number from 0 to %llu",
                       (unsigned long long)max);
        return refuse_value(r, e, wanted);
    }
    *out = (uint64_t)v->integer;
    return 0;
}

/* Decimal digits up to `end`, not beyond `max`; where they stop, or NULL. */
static const char *digits(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (value > (max - digit) / 10) {
            return NULL;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return at > text ? at : NULL;
}

static int read_ratio(struct reader *r, const struct toml_entry *e, struct scenario_ratio *out)
{
    uint64_t part = 0;
    uint64_t whole = 0;
    const char *at = e->value.kind == TOML_STRING ? e->value.text : "";
    at = digits(at, UINT32_MAX, &part);
    at = at != NULL && *at == '/' ? digits(at + 1, UINT32_MAX, &whole) : NULL;
    if (at == NULL || *at != '\0' || whole == 0 || part > whole) {
        return refuse_value(r, e, "a part of the whole such as \"1/20\", in quotes");
    }
    *out = (struct scenario_ratio){(uint32_t)part, (uint32_t)whole};
    return 0;
}

/* A seed beyond what TOML's numbers hold stands in quotes. */
static int read_seed(struct reader *r, const struct toml_entry *e, uint64_t *out)
{
    const struct toml_value *v = &e->value;
    const char *end = v->kind == TOML_STRING ? digits(v->text, UINT64_MAX, out) : NULL;
    if (v->kind == TOML_INTEGER && v->integer >= 0) {
        *out = (uint64_t)v->integer;
        return 0;
    }
    return end != NULL && *end == '\0' ? 0 : refuse_value(r, e, "a whole number from 0 up");
}

static int read_name(struct reader *r, const struct toml_entry *e, char *out, size_t size)
{
    const char *text = e->value.text;
    bool is_good = e->value.kind == TOML_STRING && strlen(text) < size;
    for (size_t i = 0; is_good && text[i] != '\0'; i++) {
        is_good = (unsigned char)text[i] >= ' ' && text[i] != 0x7f;
    }
    if (!is_good) {
        return refuse_value(r, e, "a short text in quotes, without control characters");
    }
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

/* One of `count` words. */
static int read_choice(struct reader *r, const struct toml_entry *e, const char *const *words,
                       size_t count, size_t *out)
{
    char wanted[SCENARIO_TOML_MESSAGE_MAX];
    const char *text = e->value.kind == TOML_STRING ? e->value.text : "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return 0;
        }
    }
    const char *nearest = nearest_of(text, words, count);
    size_t len = 0;
    for (size_t i = 0; nearest == NULL && i < count && len < sizeof wanted; i++) {
        len += (size_t)snprintf(wanted + len, sizeof wanted - len, "%s\"%s\"", i > 0 ? ", " : "",
                                words[i]);
    }
    if (nearest != NULL) {
        (void)snprintf(wanted, sizeof wanted, "no \"" SHOWN "\"; did you mean \"%s\"", text,
                       nearest);
        clean(wanted);
    }
    return refuse_value(r, e, wanted);
}

static int read_cable(struct reader *r, const struct toml_entry *e)
{
    static const char *words[SCENARIO_WHOLE + 1];
    size_t i = 0;
    for (size_t k = 0; k < COUNT_OF(words); k++) {
        words[k] = scenario_cable_word((enum scenario_cable)k);
    }
    int rc = read_choice(r, e, words, COUNT_OF(words), &i);
    r->out->scenario.cable = rc == 0 ? (enum scenario_cable)i : r->out->scenario.cable;
    return rc;
}

static int read_milli(struct reader *r, const struct toml_entry *e, const struct row *row,
                      uint32_t *out)
{
    const struct toml_value *v = &e->value;
    bool is_number = v->kind == TOML_INTEGER || v->kind == TOML_FLOAT;
    if (!is_number || v->real * 1000 < (double)row->min || v->real * 1000 > (double)row->max) {
        return refuse_value(r, e, "a number from 1 to 100");
    }
    *out = (uint32_t)(v->real * 1000 + 0.5);
    return 0;
}

/* ---- Keys ---- */

static int refuse_bounds(struct reader *r, const struct toml_entry *e, const struct row *row)
{
    char wanted[96];
    struct wr w;
    bool is_time = row->kind == TIME32 || row->kind == TIME64;
    wr_init(&w, span_mut_of(wanted, sizeof wanted));
    wr_text(&w, is_time ? "a time from " : "a whole number from ");
    if (is_time) {
        duration_write(&w, row->min);
        wr_text(&w, " to ");
        duration_write(&w, row->max);
        wr_text(&w, ", in quotes");
    } else {
        wr_decimal(&w, row->min);
        wr_text(&w, " to ");
        wr_decimal(&w, row->max);
    }
    CHECK(wr_finish_text(&w) == 0);
    return refuse_value(r, e, wanted);
}

/* A number or time within the row's bounds, into a field of the row's size. */
static int read_bounded(struct reader *r, const struct toml_entry *e, const struct row *row,
                        void *field)
{
    uint64_t value = 0;
    const struct toml_value *v = &e->value;
    bool is_good;
    if (row->kind == TIME32 || row->kind == TIME64) {
        is_good = v->kind == TOML_STRING && duration_parse(v->text, &value) == 0;
    } else {
        is_good = v->kind == TOML_INTEGER && v->integer >= 0;
        value = is_good ? (uint64_t)v->integer : 0;
    }
    if (!is_good || value < row->min || value > row->max) {
        return refuse_bounds(r, e, row);
    }
    if (row->kind == TIME64) {
        *(uint64_t *)field = value;
    } else if (row->kind == NUMBER16) {
        *(uint16_t *)field = (uint16_t)value;
    } else {
        *(uint32_t *)field = (uint32_t)value;
    }
    return 0;
}

static int read_row(struct reader *r, const struct toml_entry *e, const struct row *row)
{
    void *field = (char *)&r->out->scenario + row->offset;
    switch (row->kind) {
    case NAME:
        return read_name(r, e, field, SCENARIO_NAME_MAX);
    case SEED:
        return read_seed(r, e, field);
    case CABLE:
        return read_cable(r, e);
    case MILLI:
        return read_milli(r, e, row, field);
    case NUMBER16:
    case NUMBER32:
    case TIME32:
    case TIME64:
        return read_bounded(r, e, row, field);
    }
    return WAVU_ERR_INVALID;
}

static int read_top(struct reader *r, const struct toml_entry *e)
{
    struct guess guess = {NULL, 0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].key, e->key) == 0) {
            return read_row(r, e, &rows[i]);
        }
        guess_try(&guess, e->key, rows[i].key);
    }
    return refuse_word(r, e, "key ", guess.word);
}

static int read_fault_kind(struct reader *r, const struct toml_entry *e, struct scenario_fault *f)
{
    static const char *words[SCENARIO_FAULT_KINDS];
    size_t i = 0;
    for (size_t k = 0; k < COUNT_OF(words); k++) {
        words[k] = scenario_fault_word((enum scenario_fault_kind)k);
    }
    int rc = read_choice(r, e, words, COUNT_OF(words), &i);
    f->kind = rc == 0 ? (enum scenario_fault_kind)i : f->kind;
    return rc;
}

static int refuse_for_kind(struct reader *r, const struct toml_entry *e, const char *what,
                           enum scenario_fault_kind kind)
{
    place(r, e->line, e->column);
    (void)snprintf(r->error->message, sizeof r->error->message, "the kind \"%s\" has no %s",
                   scenario_fault_word(kind), what);
    return WAVU_ERR_INVALID;
}

static int read_amount(struct reader *r, const struct toml_entry *e, struct scenario_fault *f)
{
    if (!scenario_toml_has_amount(f->kind)) {
        return refuse_for_kind(r, e, "amount", f->kind);
    }
    if (scenario_toml_is_time(f->kind)) {
        return read_time(r, e, 1, &f->amount);
    }
    return read_number(r, e, UINT32_MAX, &f->amount);
}

/* Any key of a fault but its kind, which is known by then. */
static int read_fault_key(struct reader *r, const struct toml_entry *e, struct scenario_fault *f)
{
    uint64_t number = 0;
    int rc = 0;
    if (strcmp(e->key, "id") == 0) {
        rc = read_number(r, e, UINT32_MAX, &number);
        f->id = rc == 0 ? (uint32_t)number : f->id;
    } else if (strcmp(e->key, "node") == 0) {
        rc = read_number(r, e, SCENARIO_NODES_MAX - 1, &number);
        f->node = rc == 0 ? (uint32_t)number : f->node;
    } else if (strcmp(e->key, "at") == 0) {
        rc = read_time(r, e, 0, &f->at_ms);
    } else if (strcmp(e->key, "end") == 0) {
        rc = read_time(r, e, 1, &f->end_ms);
    } else if (strcmp(e->key, "share") == 0) {
        rc = read_ratio(r, e, &f->share);
    } else if (strcmp(e->key, "rate") == 0) {
        rc = scenario_toml_has_rate(f->kind) ? read_ratio(r, e, &f->rate)
                                             : refuse_for_kind(r, e, "rate", f->kind);
    } else if (strcmp(e->key, "amount") == 0) {
        rc = read_amount(r, e, f);
    } else if (strcmp(e->key, "kind") != 0) {
        rc = refuse_word(r, e, "key of a fault ",
                         nearest_of(e->key, fault_keys, COUNT_OF(fault_keys)));
    }
    return rc;
}

/* The first entry of [[table]] number `at`: where that table stands. NULL when it is empty. */
static const struct toml_entry *first_of(const struct toml *t, const char *table, uint32_t at)
{
    for (size_t i = 0; i < toml_count(t); i++) {
        const struct toml_entry *e = toml_entry(t, i);
        if (e->table_at == at && strcmp(e->table, table) == 0) {
            return e;
        }
    }
    return NULL;
}

static void place_fault(struct reader *r, uint32_t at)
{
    const struct toml_entry *e = first_of(r->t, FAULT, at);
    place(r, e != NULL ? e->line : 1, e != NULL ? e->column : 1);
}

static int refuse_missing(struct reader *r, uint32_t at, const char *key)
{
    place_fault(r, at);
    (void)snprintf(r->error->message, sizeof r->error->message, "the fault number %lu has no %s",
                   (unsigned long)at + 1, key);
    return WAVU_ERR_INVALID;
}

static int read_fault(struct reader *r, uint32_t at)
{
    struct scenario_fault *f = &r->out->scenario.faults[at];
    const struct toml_entry *kind = toml_find(r->t, FAULT, at, "kind");
    *f = (struct scenario_fault){.id = at + 1, .node = SCENARIO_EVERYWHERE, .share = {1, 1}};
    int rc = kind != NULL ? read_fault_kind(r, kind, f) : refuse_missing(r, at, "kind");
    for (size_t i = 0; i < toml_count(r->t) && rc == 0; i++) {
        const struct toml_entry *e = toml_entry(r->t, i);
        if (e->table_at == at && strcmp(e->table, FAULT) == 0) {
            rc = read_fault_key(r, e, f);
        }
    }
    if (rc == 0 && toml_find(r->t, FAULT, at, "at") == NULL) {
        rc = refuse_missing(r, at, "at");
    }
    const struct toml_entry *share = toml_find(r->t, FAULT, at, "share");
    if (rc == 0 && share != NULL && f->node != SCENARIO_EVERYWHERE) {
        place(r, share->line, share->column);
        (void)snprintf(r->error->message, sizeof r->error->message,
                       "a fault of one node has no share");
        rc = WAVU_ERR_INVALID;
    }
    return rc;
}

static int read_faults(struct reader *r)
{
    uint32_t count = toml_tables(r->t, FAULT);
    int rc = 0;
    if (count > SCENARIO_FAULTS_MAX) {
        place_fault(r, SCENARIO_FAULTS_MAX);
        (void)snprintf(r->error->message, sizeof r->error->message,
                       "a scenario has at most %d faults", SCENARIO_FAULTS_MAX);
        return WAVU_ERR_LIMIT;
    }
    for (uint32_t i = 0; i < count && rc == 0; i++) {
        rc = read_fault(r, i);
        r->out->scenario.fault_count = rc == 0 ? i + 1 : i;
    }
    return rc;
}

/* Sixteen hexadecimal digits, as reports print them. */
static int read_hash(struct reader *r, const struct toml_entry *e, uint64_t *out)
{
    static const char known[] = "0123456789abcdef";
    const char *text = e->value.kind == TOML_STRING ? e->value.text : "";
    uint64_t value = 0;
    size_t len = strspn(text, known);
    if (len != 16 || text[len] != '\0') {
        return refuse_value(r, e, "16 hexadecimal digits, in quotes");
    }
    for (size_t i = 0; i < len; i++) {
        value = value << 4 | (uint64_t)(strchr(known, text[i]) - known);
    }
    *out = value;
    return 0;
}

static int read_expect(struct reader *r, const struct toml_entry *e)
{
    r->out->has_expected = true;
    if (strcmp(e->key, "hash") == 0) {
        return read_hash(r, e, &r->out->expected_hash);
    }
    if (strcmp(e->key, "why") == 0) {
        return read_name(r, e, r->out->expected_why, RUN_WHY_MAX);
    }
    return refuse_word(r, e, "key of [expect] ",
                       nearest_of(e->key, expect_keys, COUNT_OF(expect_keys)));
}

static int read_entry(struct reader *r, const struct toml_entry *e)
{
    if (e->table[0] == '\0') {
        return read_top(r, e);
    }
    if (strcmp(e->table, FAULT) == 0) {
        return 0; /* read_faults has them */
    }
    if (strcmp(e->table, EXPECT) != 0 || e->table_at > 0) {
        return refuse_word(r, e, "table ", nearest_of(e->table, tables, COUNT_OF(tables)));
    }
    return read_expect(r, e);
}

/* ---- The whole ---- */

/* The last key without which the scenario, faults aside, would be accepted; NULL: none alone. */
static const struct toml_entry *culprit_of(const struct reader *r)
{
    const struct toml_entry *found = NULL;
    struct scenario_file *trial = mem_new(sizeof *trial);
    char why[SCENARIO_TOML_MESSAGE_MAX];
    struct scenario_toml_error ignored;
    struct reader inner = {r->t, trial, &ignored};
    for (size_t i = toml_count(r->t); i > 0 && found == NULL; i--) {
        scenario_init(&trial->scenario);
        for (size_t k = 0; k < toml_count(r->t); k++) {
            const struct toml_entry *e = toml_entry(r->t, k);
            if (k != i - 1 && e->table[0] == '\0') {
                CHECK(read_top(&inner, e) == 0); /* it was read before */
            }
        }
        bool is_top = toml_entry(r->t, i - 1)->table[0] == '\0';
        if (is_top && scenario_check(&trial->scenario, why, sizeof why) == 0) {
            found = toml_entry(r->t, i - 1);
        }
    }
    mem_free(trial);
    return found;
}

/* All keys are read: do they go together? */
static int check_whole(struct reader *r)
{
    struct scenario *s = &r->out->scenario;
    size_t count = s->fault_count;
    int rc = 0;
    s->fault_count = 0;
    rc = scenario_check(s, r->error->message, sizeof r->error->message);
    if (rc < 0) {
        const struct toml_entry *e = culprit_of(r);
        place(r, e != NULL ? e->line : 1, e != NULL ? e->column : 1);
        return rc;
    }
    for (size_t i = 1; i <= count && rc == 0; i++) {
        s->fault_count = i;
        rc = scenario_check(s, r->error->message, sizeof r->error->message);
        if (rc < 0) {
            place_fault(r, (uint32_t)(i - 1));
        }
    }
    return rc;
}

int scenario_toml_read(struct span text, struct scenario_file *out,
                       struct scenario_toml_error *error)
{
    struct toml *t = NULL;
    struct toml_error where = {.line = 1, .column = 1, .message = ""};
    struct reader r = {NULL, out, error};
    memset(out, 0, sizeof *out);
    *error = (struct scenario_toml_error){.line = 1, .column = 1};
    scenario_init(&out->scenario);
    int rc = toml_parse(text, &t, &where);
    if (rc < 0) {
        place(&r, where.line, where.column);
        (void)snprintf(error->message, sizeof error->message, "%s", where.message);
        return rc;
    }
    r.t = t;
    for (size_t i = 0; i < toml_count(t) && rc == 0; i++) {
        rc = read_entry(&r, toml_entry(t, i));
    }
    rc = rc < 0 ? rc : read_faults(&r);
    rc = rc < 0 ? rc : check_whole(&r);
    toml_free(t);
    return rc;
}

/* ---- Writing ---- */

static void write_text(struct wr *w, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    wr_text(w, "\"");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            wr_u8(w, '\\');
            wr_u8(w, c);
        } else if (c < ' ' || c == 0x7f) {
            wr_text(w, "\\u00");
            wr_u8(w, (uint8_t)hex[c >> 4]);
            wr_u8(w, (uint8_t)hex[c & 15]);
        } else {
            wr_u8(w, c);
        }
    }
    wr_text(w, "\"");
}

static void write_time(struct wr *w, uint64_t ms)
{
    wr_text(w, "\"");
    duration_write(w, ms);
    wr_text(w, "\"");
}

static void write_key(struct wr *w, const char *key)
{
    wr_text(w, key);
    wr_text(w, " = ");
}

static void write_seed(struct wr *w, uint64_t seed)
{
    const char *quote = seed > INT64_MAX ? "\"" : "";
    wr_text(w, quote);
    wr_decimal(w, seed);
    wr_text(w, quote);
}

static void write_milli(struct wr *w, uint32_t milli)
{
    wr_decimal(w, milli / 1000);
    wr_text(w, ".");
    wr_decimal(w, milli / 100 % 10);
    wr_decimal(w, milli / 10 % 10);
    wr_decimal(w, milli % 10);
}

static uint64_t number_of(const struct row *row, const void *field)
{
    switch (row->kind) {
    case NUMBER16:
        return *(const uint16_t *)field;
    case NUMBER32:
    case TIME32:
    case MILLI:
        return *(const uint32_t *)field;
    case SEED:
    case TIME64:
        return *(const uint64_t *)field;
    case NAME:
    case CABLE:
        return 0;
    }
    return 0;
}

static void write_row(struct wr *w, const struct scenario *s, const struct row *row)
{
    const void *field = (const char *)s + row->offset;
    uint64_t number = number_of(row, field);
    if (row->is_optional && number == 0) {
        return;
    }
    write_key(w, row->key);
    switch (row->kind) {
    case NAME:
        write_text(w, s->name);
        break;
    case CABLE:
        write_text(w, scenario_cable_word(s->cable));
        break;
    case SEED:
        write_seed(w, number);
        break;
    case MILLI:
        write_milli(w, (uint32_t)number);
        break;
    case TIME32:
    case TIME64:
        write_time(w, number);
        break;
    case NUMBER16:
    case NUMBER32:
        wr_decimal(w, number);
        break;
    }
    wr_text(w, "\n");
}

static void write_ratio(struct wr *w, const char *key, struct scenario_ratio ratio)
{
    write_key(w, key);
    wr_text(w, "\"");
    wr_decimal(w, ratio.part);
    wr_text(w, "/");
    wr_decimal(w, ratio.whole);
    wr_text(w, "\"\n");
}

static void write_fault(struct wr *w, const struct scenario_fault *f)
{
    wr_text(w, "\n[[fault]]\nid = ");
    wr_decimal(w, f->id);
    wr_text(w, "\nkind = ");
    write_text(w, scenario_fault_word(f->kind));
    wr_text(w, "\nat = ");
    write_time(w, f->at_ms);
    if (f->end_ms != 0) {
        wr_text(w, "\nend = ");
        write_time(w, f->end_ms);
    }
    wr_text(w, "\n");
    if (f->node != SCENARIO_EVERYWHERE) {
        write_key(w, "node");
        wr_decimal(w, f->node);
        wr_text(w, "\n");
    } else {
        write_ratio(w, "share", f->share);
    }
    if (scenario_toml_has_rate(f->kind)) {
        write_ratio(w, "rate", f->rate);
    }
    if (!scenario_toml_has_amount(f->kind)) {
        return;
    }
    write_key(w, "amount");
    if (scenario_toml_is_time(f->kind)) {
        write_time(w, f->amount);
    } else {
        wr_decimal(w, f->amount);
    }
    wr_text(w, "\n");
}

static void write_expect(struct wr *w, const struct scenario_file *file)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(file->expected_hash >> (56 - 8 * i));
    }
    wr_text(w, "\n[expect]\nhash = \"");
    wr_hex(w, span_of(bytes, sizeof bytes));
    wr_text(w, "\"\nwhy = ");
    write_text(w, file->expected_why);
    wr_text(w, "\n");
}

int scenario_toml_write(const struct scenario_file *file, struct buf *out)
{
    struct wr w;
    uint8_t *room = mem_new_raw(SCENARIO_TOML_SIZE_MAX);
    wr_init(&w, span_mut_of(room, SCENARIO_TOML_SIZE_MAX));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        write_row(&w, &file->scenario, &rows[i]);
    }
    for (size_t i = 0; i < file->scenario.fault_count; i++) {
        write_fault(&w, &file->scenario.faults[i]);
    }
    if (file->has_expected) {
        write_expect(&w, file);
    }
    int rc = wr_finish(&w);
    rc = rc < 0 ? rc : buf_append(out, wr_span(&w));
    mem_free(room);
    return rc;
}
