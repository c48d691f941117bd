/*
 * A store in memory and one in the database, under the same operations drawn from the input: both
 * answer as a batch does that all writes were added to and none was taken from, whatever is
 * pending, under way or committed.
 *
 * The database lives on over all inputs, on a simulated disk, with tables of their own for each;
 * the store in memory is new each time.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"
#include "port/files.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "store/store.h"
#include "store/store_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TABLES 2
#define KEY_MAX 3
#define VALUE_SCALE 18 /* a value has up to 255 times so many bytes: more than a page */
#define MODEL_KEY_MAX 16
#define LIFE 256          /* inputs between two openings */
#define STEPS_MAX 32      /* of one input */
#define PENDING_MAX 65536 /* left for the next input's commits: a walk passes over it */

enum operation {
    PUT,
    DELETE,
    APPEND,
    GET,
    WALK,
    RECORDS,
    RUN,
    FLUSH,
    DELETE_PREFIX,
    DELETE_RECORDS,
    OPERATIONS
};

struct party {
    struct store *store;
    char tables[TABLES][STORE_NAME_MAX];
};

static struct sim *sim;
static struct sim_host *host;
static struct party parties[2];  /* the database, memory */
static struct store_batch model; /* table number, key -> value; 'l' for logs */
static uint64_t appended[TABLES];
static uint8_t value_bytes[256 * VALUE_SCALE];

static struct store *open_one(enum store_kind kind)
{
    static const uint8_t key[STORE_KEY_SIZE] = {3};
    struct store *store = NULL;
    const struct store_config config = {.port = sim_host_port(host), .kind = kind, .key = key};
    CHECK(store_new(&config, &store) == 0 && store_open(store) == 0);
    return store;
}

/* Names that no input before had, in the database. */
static void begin(void)
{
    static uint32_t inputs;
    if (sim == NULL) {
        sim = sim_new(1);
        host = sim_host_new(sim, NULL);
        CHECK(sim_host_port(host)->files->make_home(sim_host_port(host)) == 0);
        parties[0].store = open_one(STORE_DISK);
    }
    parties[1].store = open_one(STORE_MEMORY);
    if (++inputs % LIFE ==
        0) { /* what is on the disk does not matter any more, that it opens does */
        CHECK(store_flush(parties[0].store) == 0);
        store_free(parties[0].store);
        parties[0].store = open_one(STORE_DISK);
    }
    for (size_t i = 0; i < 2 * TABLES; i++) {
        (void)snprintf(parties[i / TABLES].tables[i % TABLES], STORE_NAME_MAX, "%u-%zu", inputs,
                       i % TABLES);
    }
    store_batch_init(&model, &sim_host_port(host)->random);
    memset(appended, 0, sizeof appended);
}

static void end(void)
{
    if (store_pending(parties[0].store) > PENDING_MAX) {
        CHECK(store_flush(parties[0].store) == 0);
    }
    store_free(parties[1].store);
    store_batch_clear(&model);
}

/* ---- The model ---- */

struct model_key {
    size_t len;
    uint8_t bytes[MODEL_KEY_MAX];
};

static struct span model_key(struct model_key *k, char space, size_t table, struct span key)
{
    struct wr w;
    wr_init(&w, span_mut_of(k->bytes, sizeof k->bytes));
    wr_u8(&w, (uint8_t)space);
    wr_u8(&w, (uint8_t)table);
    wr_bytes(&w, key);
    CHECK(wr_finish(&w) == 0);
    k->len = w.len;
    return wr_span(&w);
}

/* The first live entry from `from` on, or NULL. */
static const struct store_op *model_next(struct span prefix, struct span from)
{
    static uint8_t behind[MODEL_KEY_MAX + 1];
    const struct store_op *op = store_batch_next(&model, from);
    while (op != NULL && op->is_delete) {
        memcpy(behind, op->key.ptr, op->key.len);
        behind[op->key.len] = 0;
        op = store_batch_next(&model, span_of(behind, op->key.len + 1));
    }
    return op != NULL && span_has_prefix(op->key, prefix) ? op : NULL;
}

/* The last live entry before `before`, or NULL. */
static const struct store_op *model_prev(struct span prefix, struct span before)
{
    const struct store_op *op = store_batch_prev(&model, before);
    while (op != NULL && op->is_delete) {
        op = store_batch_prev(&model, op->key);
    }
    return op != NULL && span_has_prefix(op->key, prefix) ? op : NULL;
}

/* Delete all from `from` to before `to`. */
static void model_delete(struct span from, struct span to)
{
    CHECK(store_batch_add_range(&model, from, to) == 0); /* fewer steps than ranges */
}

/* ---- Operations ---- */

static struct span read_key(struct rd *r, uint8_t out[KEY_MAX])
{
    static const uint8_t letters[] = {0x00, 'a', 'b', 0xff};
    uint8_t draw = rd_u8(r);
    size_t len = 1 + draw % KEY_MAX;
    for (size_t i = 0; i < len; i++) {
        out[i] = letters[(draw >> (2 + 2 * i)) % 4];
    }
    return span_of(out, len);
}

static struct span read_value(struct rd *r)
{
    uint8_t fill = rd_u8(r);
    size_t len = (size_t)rd_u8(r) * (fill % 8 == 7 ? VALUE_SCALE : 1);
    memset(value_bytes, fill, len);
    return span_of(value_bytes, len);
}

static void write_key(struct rd *r, size_t table, bool is_delete)
{
    uint8_t bytes[KEY_MAX];
    struct model_key k;
    struct span key = read_key(r, bytes);
    struct span value = is_delete ? span_empty() : read_value(r);
    for (size_t i = 0; i < 2; i++) {
        const char *name = parties[i].tables[table];
        CHECK((is_delete ? store_delete(parties[i].store, name, key)
                         : store_put(parties[i].store, name, key, value)) == 0);
    }
    store_batch_add(&model, model_key(&k, 't', table, key), is_delete, value);
}

static struct span record_key(struct model_key *k, size_t table, uint64_t sequence)
{
    uint8_t bytes[8];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, sequence);
    return model_key(k, 'l', table, wr_span(&w));
}

static void append(struct rd *r, size_t table)
{
    struct model_key k;
    struct span value = read_value(r);
    appended[table]++;
    for (size_t i = 0; i < 2; i++) {
        uint64_t sequence = 0;
        CHECK(store_append(parties[i].store, parties[i].tables[table], value, &sequence) == 0);
        CHECK(sequence == appended[table]);
    }
    store_batch_add(&model, record_key(&k, table, appended[table]), false, value);
}

static void get(struct rd *r, size_t table, struct buf *value)
{
    uint8_t bytes[KEY_MAX];
    struct model_key k;
    struct span key = read_key(r, bytes);
    const struct store_op *op = store_batch_find(&model, model_key(&k, 't', table, key));
    bool is_there = op != NULL && !op->is_delete;
    for (size_t i = 0; i < 2; i++) {
        int rc = store_get(parties[i].store, parties[i].tables[table], key, value);
        CHECK(rc == (is_there ? 0 : WAVU_ERR_NOT_FOUND));
        CHECK(!is_there || span_is_equal(buf_span(value), op->value));
    }
}

static void delete_prefix(struct rd *r, size_t table)
{
    uint8_t bytes[KEY_MAX];
    struct model_key k;
    struct store_whole end;
    struct span part = read_key(r, bytes);
    part = rd_u8(r) % 4 == 0 ? span_empty() : part;
    for (size_t i = 0; i < 2; i++) {
        CHECK(store_delete_prefix(parties[i].store, parties[i].tables[table], part) == 0);
    }
    struct span from = model_key(&k, 't', table, part);
    store_whole_set_end(&end, from);
    model_delete(from, store_whole_span(&end));
}

static void delete_records(struct rd *r, size_t table)
{
    struct model_key from;
    struct model_key to;
    uint64_t first = rd_u8(r) % 8;
    uint64_t last = first + rd_u8(r) % 8;
    for (size_t i = 0; i < 2; i++) {
        CHECK(store_delete_records(parties[i].store, parties[i].tables[table], first, last) == 0);
    }
    model_delete(record_key(&from, table, first), record_key(&to, table, last + 1));
}

/* All of a table backwards. */
static void walk_back(size_t table, struct buf *value)
{
    for (size_t i = 0; i < 2; i++) {
        struct model_key prefix;
        struct store_whole end;
        struct buf key;
        struct span in = model_key(&prefix, 't', table, span_empty());
        store_whole_set_end(&end, in);
        const struct store_op *op = model_prev(in, store_whole_span(&end));
        buf_init(&key, STORE_KEY_MAX);
        while (store_prev(parties[i].store, parties[i].tables[table], span_empty(), &key, value) ==
               0) {
            CHECK(op != NULL && span_is_equal(buf_span(&key), span_slice(op->key, 2, op->key.len)));
            CHECK(span_is_equal(buf_span(value), op->value));
            op = model_prev(in, op->key);
        }
        CHECK(op == NULL);
        buf_clear(&key);
    }
}

/* All of a table, or of what begins with a key. */
static void walk(struct rd *r, size_t table, struct buf *value)
{
    uint8_t bytes[KEY_MAX];
    struct span part = read_key(r, bytes);
    part = rd_u8(r) % 2 == 0 ? span_empty() : part;
    for (size_t i = 0; i < 2; i++) {
        struct model_key prefix;
        struct buf key;
        struct span in = model_key(&prefix, 't', table, part);
        const struct store_op *op = model_next(in, in);
        buf_init(&key, STORE_KEY_MAX);
        while (store_next(parties[i].store, parties[i].tables[table], part, &key, value) == 0) {
            uint8_t behind[MODEL_KEY_MAX + 1];
            CHECK(op != NULL && span_is_equal(buf_span(&key), span_slice(op->key, 2, op->key.len)));
            CHECK(span_is_equal(buf_span(value), op->value));
            memcpy(behind, op->key.ptr, op->key.len);
            behind[op->key.len] = 0;
            op = model_next(in, span_of(behind, op->key.len + 1));
        }
        CHECK(op == NULL);
        buf_clear(&key);
    }
}

static void records(size_t table, struct buf *value)
{
    struct model_key head;
    struct model_key k;
    struct store_whole end;
    struct span in = model_key(&head, 'l', table, span_empty());
    store_whole_set_end(&end, in);
    for (size_t i = 0; i < 2; i++) {
        uint64_t sequence = 0;
        const struct store_op *op = model_next(in, in);
        while (store_record(parties[i].store, parties[i].tables[table], &sequence, value) == 0) {
            CHECK(op != NULL && span_is_equal(op->key, record_key(&k, table, sequence)));
            CHECK(span_is_equal(buf_span(value), op->value));
            op = model_next(in, record_key(&k, table, ++sequence));
        }
        CHECK(op == NULL);
        sequence = UINT64_MAX;
        op = model_prev(in, store_whole_span(&end));
        while (store_record_back(parties[i].store, parties[i].tables[table], &sequence, value) ==
               0) {
            CHECK(op != NULL && span_is_equal(op->key, record_key(&k, table, sequence)));
            op = model_prev(in, op->key);
            sequence--;
        }
        CHECK(op == NULL);
    }
}

static void step(struct rd *r, struct buf *value)
{
    uint8_t draw = rd_u8(r);
    enum operation what = draw % OPERATIONS;
    size_t table = draw / OPERATIONS % TABLES;
    switch (what) {
    case PUT:
    case DELETE:
        write_key(r, table, what == DELETE);
        break;
    case APPEND:
        append(r, table);
        break;
    case GET:
        get(r, table, value);
        break;
    case WALK:
        walk(r, table, value);
        walk_back(table, value);
        break;
    case RECORDS:
        records(table, value);
        break;
    case RUN: /* a turn, and perhaps a commit's beginning or end */
        sim_run_for(sim, 1 + rd_u8(r) * sim_settings(sim)->work_ns / 128);
        break;
    case DELETE_PREFIX:
        delete_prefix(r, table);
        break;
    case DELETE_RECORDS:
        delete_records(r, table);
        break;
    case FLUSH:
    case OPERATIONS:
        CHECK(store_flush(parties[0].store) == 0 && store_flush(parties[1].store) == 0);
        CHECK(store_pending(parties[0].store) == 0 && store_pending(parties[1].store) == 0);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd r;
    struct buf value;
    begin();
    buf_init(&value, STORE_VALUE_MAX);
    rd_init(&r, span_of(data, size));
    for (int i = 0; i < STEPS_MAX && rd_left(&r) > 0 && !r.failed; i++) {
        step(&r, &value);
    }
    for (size_t table = 0; table < TABLES; table++) {
        struct rd whole;
        rd_init(&whole, span_of("\0\0", 2));
        walk(&whole, table, &value);
        walk_back(table, &value);
        records(table, &value);
    }
    buf_clear(&value);
    end();
    return 0;
}
