/*
 * A merge: words come in order from the run's loose entries and from the shorter runs within it,
 * and leave as the new run's blocks. A block is taken away when it is read, so that the new run may
 * have the place of an old one; all of it is one transaction.
 */
#include "store/store_fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

/* A word of a loose entry. */
struct loose {
    size_t at; /* in `text`, then `word` is it */
    const uint8_t *word;
    uint8_t len;
    uint16_t number; /* relative to the run */
};

/* The blocks of a shorter run, or of the same, in order. */
struct source {
    struct store_run run;
    struct store_whole prefix;
    struct store_whole at; /* where the next block is */
    struct buf block;
    struct span rest;
    struct store_block_word word;
    bool is_done;
};

struct fold {
    const struct store_index_io *io;
    struct span head;
    struct store_run run;
    struct source *sources;
    size_t source_count;
    struct loose *loose; /* in order of words */
    size_t loose_count;
    size_t loose_cap;
    size_t loose_at;
    struct buf text; /* of the loose words */
    struct buf key;  /* of what is read */
    struct buf out;  /* the block being written */
    struct store_whole out_key;
    struct store_map map;
    uint8_t word[STORE_WORDS_SIZE_MAX];
};

#define TEXT_MAX (STORE_BLOCK_MAP_SIZE * 8 * STORE_INDEX_ENTRY_MAX)

static bool covers(struct store_run run, uint64_t number)
{
    return number >= run.start && number < store_run_end(run);
}

int store_fold_run_at(const struct store_index_io *io, struct span head, uint64_t number,
                      struct store_run *run)
{
    struct store_whole prefix;
    struct store_whole before;
    struct buf key;
    struct buf value;
    const struct store_run behind = {.start = number + 1, .log2 = 0};
    store_index_all_key(&prefix, head, STORE_BLOCKS);
    store_index_run_key(&before, head, behind, span_empty());
    buf_init(&key, STORE_WHOLE_MAX);
    buf_init(&value, STORE_BLOCK_MAX);
    int rc = io->prev(io->back, store_whole_span(&prefix), store_whole_span(&before), &key, &value);
    if (rc == WAVU_ERR_LIMIT || (rc == 0 && !store_index_run(buf_span(&key), head.len, run))) {
        rc = WAVU_ERR_CORRUPT;
    }
    buf_clear(&key);
    buf_clear(&value);
    return rc;
}

/* ---- What leaves a run ---- */

/* Have `block` without the numbers of `gone`; whether any was there. */
static int strike_block(const struct fold *f, struct span block, const struct store_map *gone,
                        struct buf *out, bool *is_changed)
{
    struct store_block_word word;
    struct store_map map;
    struct span rest;
    int rc = store_block_begin(&rest, block);
    *is_changed = false;
    while (rc == 0 && (rc = store_block_next(&rest, f->run.log2, &word)) == 0) {
        uint8_t left = 0;
        memset(&map, 0, sizeof map);
        rc = store_block_add(&word, f->run.log2, 0, &map);
        for (size_t i = 0; i < sizeof map.bytes; i++) {
            *is_changed = *is_changed || (map.bytes[i] & gone->bytes[i]) != 0;
            map.bytes[i] = (uint8_t)(map.bytes[i] & ~gone->bytes[i]);
            left |= map.bytes[i];
        }
        if (rc == 0 && left != 0) {
            store_block_write(out, f->run.log2, word.word, &map);
        }
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* The next block of f->run from `at` on, its key in f->key. */
static int read_block(struct fold *f, const struct store_whole *prefix, struct store_whole *at,
                      struct buf *block)
{
    f->key.len = 0;
    block->len = 0;
    int rc =
        f->io->next(f->io->back, store_whole_span(prefix), store_whole_span(at), &f->key, block);
    if (rc == 0) {
        store_whole_set_behind(at, buf_span(&f->key));
    }
    return rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc;
}

/* The numbers of `gone` leave the blocks of f->run. */
static int strike(struct fold *f, const struct store_map *gone)
{
    struct store_whole prefix;
    struct buf block;
    int rc;
    store_index_run_key(&prefix, f->head, f->run, span_empty());
    struct store_whole at = prefix;
    buf_init(&block, STORE_BLOCK_MAX);
    while ((rc = read_block(f, &prefix, &at, &block)) == 0) {
        bool is_changed;
        f->out.len = 0;
        rc = strike_block(f, buf_span(&block), gone, &f->out, &is_changed);
        if (rc == 0 && is_changed) {
            rc = f->out.len > 0 ? f->io->put(f->io->back, buf_span(&f->key), buf_span(&f->out))
                                : f->io->remove(f->io->back, buf_span(&f->key));
        }
        if (rc < 0) {
            break;
        }
    }
    buf_clear(&block);
    f->out.len = 0;
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* What was written again or deleted leaves the runs that have it. */
static int strike_all(struct fold *f, const struct store_op *first)
{
    struct store_map gone;
    struct store_run last;
    bool has_run = false;
    int rc = store_fold_run_at(f->io, f->head, STORE_INDEX_NUMBER_MAX, &last);
    for (const struct store_op *op = first;
         rc == 0 && op != NULL && span_has_prefix(op->key, f->head); op = op->next[0]) {
        uint64_t number;
        if (!store_index_number(op->key, f->head.len, &number) || number >= store_run_end(last)) {
            continue;
        }
        if (!has_run || !covers(f->run, number)) {
            rc = has_run ? strike(f, &gone) : 0;
            rc = rc < 0 ? rc : store_fold_run_at(f->io, f->head, number, &f->run);
            has_run = rc == 0 && covers(f->run, number);
            rc = rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
            memset(&gone, 0, sizeof gone);
        }
        if (has_run) {
            store_map_set(&gone, (uint32_t)(number - f->run.start));
        }
    }
    rc = rc == 0 && has_run ? strike(f, &gone) : rc;
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* ---- What is folded ---- */

static int take_loose(struct fold *f, uint64_t number, struct span entry)
{
    struct span rest = span_slice(entry, 1, entry.len);
    struct span word;
    if (entry.len < 1 || entry.ptr[0] != STORE_BLOCK_VERSION) {
        return WAVU_ERR_CORRUPT;
    }
    while (store_index_word(&rest, &word)) {
        if (f->loose_count == f->loose_cap) {
            f->loose_cap = f->loose_cap == 0 ? 256 : 2 * f->loose_cap;
            f->loose = mem_resize(f->loose, f->loose_cap * sizeof *f->loose);
        }
        f->loose[f->loose_count++] = (struct loose){.at = f->text.len,
                                                    .len = (uint8_t)word.len,
                                                    .number = (uint16_t)(number - f->run.start)};
        CHECK(buf_append(&f->text, word) == 0);
    }
    return rest.len == 0 ? 0 : WAVU_ERR_CORRUPT;
}

static int compare_loose(const void *a, const void *b)
{
    const struct loose *x = a;
    const struct loose *y = b;
    return span_compare(span_of(x->word, x->len), span_of(y->word, y->len));
}

/* The run's loose entries, which are taken away, as words in order. */
static int read_loose(struct fold *f)
{
    struct store_whole prefix;
    struct store_whole at;
    struct buf entry;
    uint64_t number;
    int rc;
    store_index_all_key(&prefix, f->head, STORE_INDEXES);
    store_index_key(&at, f->head, f->run.start);
    buf_init(&entry, STORE_INDEX_ENTRY_MAX);
    while ((rc = read_block(f, &prefix, &at, &entry)) == 0) {
        if (!store_index_number(buf_span(&f->key), f->head.len, &number)) {
            rc = WAVU_ERR_CORRUPT;
            break;
        }
        if (!covers(f->run, number)) {
            break;
        }
        rc = take_loose(f, number, buf_span(&entry));
        rc = rc < 0 ? rc : f->io->remove(f->io->back, buf_span(&f->key));
        if (rc < 0) {
            break;
        }
    }
    for (size_t i = 0; i < f->loose_count; i++) {
        f->loose[i].word = f->text.ptr + f->loose[i].at; /* it stays where it is now */
    }
    if (f->loose_count > 0) {
        qsort(f->loose, f->loose_count, sizeof *f->loose, compare_loose);
    }
    buf_clear(&entry);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* The source's next word, perhaps from its next block, which is taken away. */
static int advance(struct fold *f, struct source *s)
{
    int rc =
        s->rest.len > 0 ? store_block_next(&s->rest, s->run.log2, &s->word) : WAVU_ERR_NOT_FOUND;
    if (rc == WAVU_ERR_NOT_FOUND) {
        if (s->block.len > 0) { /* past what has been written of this run in between */
            store_index_run_key(&s->at, f->head, s->run, s->word.word);
            store_whole_set_behind(&s->at, store_whole_span(&s->at));
        }
        rc = read_block(f, &s->prefix, &s->at, &s->block);
        s->is_done = rc == WAVU_ERR_NOT_FOUND;
        if (s->is_done) {
            return 0;
        }
        rc = rc < 0 ? rc : f->io->remove(f->io->back, buf_span(&f->key));
        rc = rc < 0 ? rc : store_block_begin(&s->rest, buf_span(&s->block));
        rc = rc < 0 ? rc : store_block_next(&s->rest, s->run.log2, &s->word);
    }
    return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_CORRUPT : rc;
}

static int add_source(struct fold *f, struct store_run run)
{
    f->sources = mem_resize(f->sources, (f->source_count + 1) * sizeof *f->sources);
    struct source *s = &f->sources[f->source_count++];
    *s = (struct source){.run = run};
    store_index_run_key(&s->prefix, f->head, run, span_empty());
    s->at = s->prefix;
    buf_init(&s->block, STORE_BLOCK_MAX);
    return advance(f, s);
}

/* All runs within f->run. */
static int find_sources(struct fold *f)
{
    uint64_t number = store_run_end(f->run) - 1;
    for (;;) {
        struct store_run run;
        int rc = store_fold_run_at(f->io, f->head, number, &run);
        if (rc == WAVU_ERR_NOT_FOUND || (rc == 0 && run.start < f->run.start)) {
            return 0;
        }
        if (rc == 0 && run.log2 > f->run.log2) {
            return WAVU_ERR_CORRUPT;
        }
        rc = rc < 0 ? rc : add_source(f, run);
        if (rc < 0 || run.start == 0) {
            return rc;
        }
        number = run.start - 1;
    }
}

static int flush_block(struct fold *f)
{
    int rc = f->out.len == 0
                 ? 0
                 : f->io->put(f->io->back, store_whole_span(&f->out_key), buf_span(&f->out));
    f->out.len = 0;
    return rc;
}

static int write_word(struct fold *f, struct span word, bool is_first)
{
    int rc = f->out.len >= STORE_BLOCK_FULL ? flush_block(f) : 0;
    if (f->out.len == 0) {
        store_index_run_key(&f->out_key, f->head, f->run, is_first ? span_empty() : word);
    }
    store_block_write(&f->out, f->run.log2, word, &f->map);
    return rc;
}

/* The smallest word that any source is at, copied; empty: all are done. */
static struct span next_word(struct fold *f)
{
    struct span best = span_empty();
    if (f->loose_at < f->loose_count) {
        best = span_of(f->loose[f->loose_at].word, f->loose[f->loose_at].len);
    }
    for (size_t i = 0; i < f->source_count; i++) {
        const struct source *s = &f->sources[i];
        if (!s->is_done && (best.len == 0 || span_compare(s->word.word, best) < 0)) {
            best = s->word.word;
        }
    }
    if (best.len > 0) {
        memcpy(f->word, best.ptr, best.len);
    }
    return span_of(f->word, best.len);
}

/* All numbers that have `word`, into the map; the sources move on. */
static int gather(struct fold *f, struct span word)
{
    int rc = 0;
    memset(&f->map, 0, sizeof f->map);
    for (; f->loose_at < f->loose_count; f->loose_at++) {
        const struct loose *l = &f->loose[f->loose_at];
        if (!span_is_equal(span_of(l->word, l->len), word)) {
            break;
        }
        store_map_set(&f->map, l->number);
    }
    for (size_t i = 0; rc == 0 && i < f->source_count; i++) {
        struct source *s = &f->sources[i];
        if (!s->is_done && span_is_equal(s->word.word, word)) {
            uint32_t offset = (uint32_t)(s->run.start - f->run.start);
            rc = store_block_add(&s->word, s->run.log2, offset, &f->map);
            rc = rc < 0 ? rc : advance(f, s);
        }
    }
    return rc;
}

/* Make f->run of all that is in it. */
static int fold_run(struct fold *f)
{
    struct span word;
    bool is_first = true;
    f->source_count = f->loose_count = f->loose_at = 0;
    f->text.len = 0;
    f->out.len = 0;
    int rc = read_loose(f);
    rc = rc < 0 ? rc : find_sources(f);
    while (rc == 0 && (word = next_word(f)).len > 0) {
        rc = gather(f, word);
        rc = rc < 0 ? rc : write_word(f, word, is_first);
        is_first = false;
    }
    rc = rc < 0 ? rc : flush_block(f);
    for (size_t i = 0; i < f->source_count; i++) {
        buf_clear(&f->sources[i].block);
    }
    return rc;
}

/* ---- When ---- */

/* The loose entry nearest before `number`. */
static int loose_before(const struct fold *f, uint64_t number, uint64_t *out)
{
    struct store_whole prefix;
    struct store_whole before;
    struct buf key;
    struct buf entry;
    store_index_all_key(&prefix, f->head, STORE_INDEXES);
    store_index_key(&before, f->head, number);
    buf_init(&key, STORE_WHOLE_MAX);
    buf_init(&entry, STORE_INDEX_ENTRY_MAX);
    int rc = f->io->prev(f->io->back, store_whole_span(&prefix), store_whole_span(&before), &key,
                         &entry);
    if (rc == WAVU_ERR_LIMIT ||
        (rc == 0 && !store_index_number(buf_span(&key), f->head.len, out))) {
        rc = WAVU_ERR_CORRUPT;
    }
    buf_clear(&key);
    buf_clear(&entry);
    return rc;
}

/* Loose entries within a run, as far as `enough`. */
static int count_loose(struct fold *f, struct store_run run, uint32_t enough, uint32_t *count)
{
    uint64_t number = store_run_end(run);
    int rc = 0;
    for (*count = 0; *count < enough; (*count)++) {
        rc = loose_before(f, number, &number);
        if (rc < 0 || number < run.start) {
            break;
        }
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* The longest run around `number` that ends at `limit` or before; log2 0: there is none yet. */
static struct store_run longest_run(uint64_t number, uint64_t limit)
{
    struct store_run best = {.start = number, .log2 = 0};
    for (unsigned log2 = STORE_INDEX_LOG2_MIN; log2 <= STORE_BLOCK_LOG2_MAX;
         log2 += STORE_INDEX_LOG2_STEP) {
        struct store_run run = {.start = number >> log2 << log2, .log2 = log2};
        if (store_run_end(run) <= limit) {
            best = run;
        }
    }
    return best;
}

/* Fold the run around a loose entry if its time has come; f->run is then that run. */
static int fold_around(struct fold *f, uint64_t number, uint64_t limit)
{
    struct store_run there;
    struct store_run run = longest_run(number, limit);
    uint32_t strays = STORE_INDEX_STRAYS_MAX;
    int rc = store_fold_run_at(f->io, f->head, number, &there);
    if (run.log2 == 0 || (rc < 0 && rc != WAVU_ERR_NOT_FOUND)) {
        return run.log2 == 0 ? 0 : rc;
    }
    if (rc == 0 && covers(there, number)) {
        run = there.log2 > run.log2 ? there : run;
        rc = count_loose(f, there, STORE_INDEX_STRAYS_MAX, &strays);
    }
    if ((rc < 0 && rc != WAVU_ERR_NOT_FOUND) || strays < STORE_INDEX_STRAYS_MAX) {
        return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    }
    f->run = run;
    return fold_run(f);
}

/* Fold what the writes have finished: the run before theirs, and theirs. */
static int fold_all(struct fold *f, const struct store_op *first)
{
    uint64_t newest;
    uint64_t number;
    bool is_first = true;
    int rc = loose_before(f, STORE_INDEX_NUMBER_MAX + 1, &newest);
    uint64_t limit = newest >> STORE_INDEX_LOG2_MIN << STORE_INDEX_LOG2_MIN;
    f->run = (struct store_run){.start = 0, .log2 = 0};
    for (const struct store_op *op = first;
         rc == 0 && op != NULL && span_has_prefix(op->key, f->head); op = op->next[0]) {
        if (!store_index_number(op->key, f->head.len, &number) || op->is_delete) {
            continue;
        }
        if (is_first) {
            uint64_t before;
            is_first = false;
            rc = loose_before(f, number >> STORE_INDEX_LOG2_MIN << STORE_INDEX_LOG2_MIN, &before);
            rc = rc < 0 ? rc : fold_around(f, before, limit);
            rc = rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
        }
        if (rc == 0 && number < limit && (f->run.log2 == 0 || !covers(f->run, number))) {
            rc = fold_around(f, number, limit);
        }
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int store_fold(const struct store_index_io *io, struct span head, const struct store_op *first)
{
    struct fold *f = mem_new(sizeof *f);
    f->io = io;
    f->head = head;
    buf_init(&f->text, TEXT_MAX);
    buf_init(&f->key, STORE_WHOLE_MAX);
    buf_init(&f->out, STORE_BLOCK_MAX);
    int rc = strike_all(f, first);
    rc = rc < 0 ? rc : fold_all(f, first);
    buf_clear(&f->text);
    buf_clear(&f->key);
    buf_clear(&f->out);
    mem_free(f->sources);
    mem_free(f->loose);
    mem_free(f);
    return rc;
}
