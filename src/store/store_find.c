/*
 * Runs are looked into from the newest to the oldest: for each word of the query a map of its
 * numbers, and what all maps have is found. Loose entries lie over the runs, and writes that are
 * not yet in the database over both.
 */
#include "store/store_find.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct find {
    const struct store_view *view;
    struct span head;
    struct store_page *page;
    size_t word_count;
    bool is_open;                       /* the last word may go on */
    size_t order[STORE_FIND_WORDS_MAX]; /* in which words are looked for */
    size_t word_lens[STORE_FIND_WORDS_MAX];
    uint8_t words[STORE_FIND_WORDS_MAX][STORE_WORDS_SIZE_MAX];
    struct store_run run; /* being looked into */
    bool is_folded;       /* it has blocks */
    struct store_map found;
    struct store_map one; /* of one word */
    struct buf key;
    struct buf value;
};

static struct span word_of(const struct find *f, size_t i)
{
    return span_of(f->words[i], f->word_lens[i]);
}

/* Long words are rare, and a run that lacks one needs no look at the others; the unfinished one is
 * last: it costs most. */
static void set_order(struct find *f)
{
    size_t whole = f->word_count - (f->is_open ? 1 : 0);
    for (size_t i = 0; i < f->word_count; i++) {
        size_t at = i;
        while (i < whole && at > 0 && f->word_lens[f->order[at - 1]] < f->word_lens[i]) {
            f->order[at] = f->order[at - 1];
            at--;
        }
        f->order[at] = i;
    }
}

static void parse(struct find *f, struct span query)
{
    struct store_words words;
    size_t len = 1;
    store_words_init(&words, query);
    while (f->word_count < STORE_FIND_WORDS_MAX && len > 0) {
        len = store_words_next(&words, f->words[f->word_count]);
        f->word_lens[f->word_count] = len;
        f->word_count += len > 0 ? 1 : 0;
    }
    f->is_open = f->word_count > 0 && len == 0 && store_words_is_open(query);
    set_order(f);
}

/* ---- In a run's blocks ---- */

static bool is_wanted(const struct find *f, size_t i, struct span word)
{
    bool is_prefix = f->is_open && i + 1 == f->word_count;
    return is_prefix ? span_has_prefix(word, word_of(f, i)) : span_is_equal(word, word_of(f, i));
}

/* Add what the block in f->value has of word i. *is_past: what follows is behind it. */
static int look_into_block(struct find *f, size_t i, bool *is_past)
{
    struct store_block_word word;
    struct span rest;
    int rc = store_block_begin(&rest, buf_span(&f->value));
    while (rc == 0 && !*is_past && (rc = store_block_next(&rest, f->run.log2, &word)) == 0) {
        if (span_compare(word.word, word_of(f, i)) < 0) {
            continue;
        }
        if (is_wanted(f, i, word.word)) {
            rc = store_block_add(&word, f->run.log2, 0, &f->one);
        } else {
            *is_past = true;
        }
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* Has what was found of this word all that was found of those before? More changes nothing. */
static bool is_enough(const struct find *f)
{
    for (size_t b = 0; b < sizeof f->found.bytes; b++) {
        if ((f->found.bytes[b] & ~f->one.bytes[b]) != 0) {
            return false;
        }
    }
    return true;
}

/* f->one becomes what the run's blocks have of word i, as far as f->found wants to know. */
static int look_for_word(struct find *f, size_t i)
{
    const struct store_view *v = f->view;
    struct store_whole prefix;
    struct store_whole at;
    bool is_past = false;
    memset(&f->one, 0, sizeof f->one);
    store_index_run_key(&prefix, f->head, f->run, span_empty());
    store_index_run_key(&at, f->head, f->run, word_of(f, i));
    store_whole_set_behind(&at, store_whole_span(&at));
    /* The block that begins with the word or before it, then what follows. */
    f->key.len = f->value.len = 0;
    int rc =
        v->ops->prev(v->back, store_whole_span(&prefix), store_whole_span(&at), &f->key, &f->value);
    if (rc == WAVU_ERR_NOT_FOUND) {
        store_whole_set(&at, store_whole_span(&prefix));
        rc = v->ops->next(v->back, store_whole_span(&prefix), store_whole_span(&at), &f->key,
                          &f->value);
    }
    for (int blocks = 0; rc == 0 && blocks < STORE_FIND_BLOCKS_MAX; blocks++) {
        rc = look_into_block(f, i, &is_past);
        if (rc < 0 || is_past || is_enough(f)) {
            break;
        }
        store_whole_set_behind(&at, buf_span(&f->key));
        f->key.len = f->value.len = 0;
        rc = v->ops->next(v->back, store_whole_span(&prefix), store_whole_span(&at), &f->key,
                          &f->value);
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* f->found becomes what the run's blocks have of all words. */
static int look_into_blocks(struct find *f)
{
    int rc = 0;
    uint8_t left = 1;
    memset(&f->found, f->is_folded ? 0xff : 0, sizeof f->found);
    for (size_t i = 0; rc == 0 && f->is_folded && left != 0 && i < f->word_count; i++) {
        rc = look_for_word(f, f->order[i]);
        left = 0;
        for (size_t b = 0; b < sizeof f->found.bytes; b++) {
            f->found.bytes[b] &= f->one.bytes[b];
            left |= f->found.bytes[b];
        }
    }
    return rc;
}

/* ---- Over the blocks ---- */

/* What waits for its commit counts as it is written, not as the blocks have it. */
static void take_pending_out(struct find *f, const struct store_batch *batch)
{
    struct store_whole at;
    uint64_t number;
    store_index_key(&at, f->head, f->run.start);
    const struct store_op *op = store_batch_next(batch, store_whole_span(&at));
    while (op != NULL && span_has_prefix(op->key, f->head) &&
           store_index_number(op->key, f->head.len, &number) && number < store_run_end(f->run)) {
        store_map_unset(&f->found, (uint32_t)(number - f->run.start));
        op = op->next[0];
    }
}

static bool entry_has(struct find *f, struct span entry, size_t i)
{
    struct span rest = span_slice(entry, 1, entry.len);
    struct span word;
    while (store_index_word(&rest, &word)) {
        if (is_wanted(f, i, word)) {
            return true;
        }
    }
    return false;
}

/* Look at the loose entries of the run. */
static int look_into_loose(struct find *f)
{
    struct store_whole prefix;
    struct store_whole at;
    uint64_t number;
    int rc;
    store_index_all_key(&prefix, f->head, STORE_INDEXES);
    store_index_key(&at, f->head, f->run.start);
    while ((rc = store_view_walk(f->view, STORE_FORWARD, store_whole_span(&prefix), &at, &f->key,
                                 &f->value)) == 0) {
        bool has_all = true;
        if (!store_index_number(buf_span(&f->key), f->head.len, &number)) {
            return WAVU_ERR_CORRUPT;
        }
        if (number >= store_run_end(f->run)) {
            return 0;
        }
        for (size_t i = 0; has_all && i < f->word_count; i++) {
            has_all = entry_has(f, buf_span(&f->value), i);
        }
        if (has_all) {
            store_map_set(&f->found, (uint32_t)(number - f->run.start));
        }
        store_whole_set_behind(&at, buf_span(&f->key));
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* ---- From run to run ---- */

/* The last loose entry before `before`. */
static int find_loose(struct find *f, uint64_t before, uint64_t *number)
{
    struct store_whole prefix;
    struct store_whole at;
    store_index_all_key(&prefix, f->head, STORE_INDEXES);
    store_index_key(&at, f->head, before);
    int rc =
        store_view_walk(f->view, STORE_BACKWARD, store_whole_span(&prefix), &at, &f->key, NULL);
    if (rc == 0 && !store_index_number(buf_span(&f->key), f->head.len, number)) {
        rc = WAVU_ERR_CORRUPT;
    }
    return rc;
}

/* The last run that begins before `before` and that no deletion takes with it. */
static int find_run(struct find *f, uint64_t before, struct store_run *run)
{
    const struct store_view *v = f->view;
    const struct store_run end = {.start = before, .log2 = 0};
    struct store_whole prefix;
    struct store_whole at;
    store_index_all_key(&prefix, f->head, STORE_BLOCKS);
    store_index_run_key(&at, f->head, end, span_empty());
    int rc = store_view_walk(v, STORE_BACKWARD, store_whole_span(&prefix), &at, &f->key, NULL);
    if (rc == 0 && !store_index_run(buf_span(&f->key), f->head.len, run)) {
        rc = WAVU_ERR_CORRUPT;
    }
    return rc;
}

/* The next run below page->before: folded, or of loose entries alone. WAVU_ERR_NOT_FOUND: none. */
static int choose_run(struct find *f)
{
    struct store_run run = {.start = 0, .log2 = 0};
    uint64_t number = 0;
    int rc_loose = find_loose(f, f->page->before, &number);
    if (rc_loose < 0 && rc_loose != WAVU_ERR_NOT_FOUND) {
        return rc_loose;
    }
    int rc = find_run(f, f->page->before, &run);
    if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
        return rc;
    }
    f->is_folded = rc == 0 && (rc_loose < 0 || number < store_run_end(run));
    if (f->is_folded) {
        f->run = run;
        return 0;
    }
    f->run.log2 = STORE_INDEX_LOG2_MIN;
    f->run.start = number >> STORE_INDEX_LOG2_MIN << STORE_INDEX_LOG2_MIN;
    return rc_loose;
}

/* Give out what was found before page->before, newest first; the page moves on. */
static void give_out(struct find *f)
{
    struct store_page *page = f->page;
    uint64_t number = page->before - f->run.start;
    uint64_t len = UINT64_C(1) << f->run.log2;
    for (number = number < len ? number : len; number > 0; number--) {
        if (number % 8 == 0 && f->found.bytes[number / 8 - 1] == 0) {
            number -= 7; /* most of most maps is empty */
        } else if (store_map_has(&f->found, (uint32_t)(number - 1))) {
            if (page->count == page->max) {
                return;
            }
            page->before = f->run.start + number - 1;
            page->numbers[page->count++] = page->before;
        }
    }
    page->before = f->run.start;
}

static int look(struct find *f)
{
    int rc = 0;
    for (int runs = 0; rc == 0 && f->page->count < f->page->max && f->page->before > 0; runs++) {
        if (runs == STORE_FIND_RUNS_MAX) {
            return 0;
        }
        rc = choose_run(f);
        if (rc == WAVU_ERR_NOT_FOUND) {
            f->page->before = 0;
            return 0;
        }
        rc = rc < 0 ? rc : look_into_blocks(f);
        if (rc == 0) {
            take_pending_out(f, f->view->ops->late(f->view->back));
            take_pending_out(f, f->view->flying);
            take_pending_out(f, f->view->filling);
            rc = look_into_loose(f);
        }
        if (rc == 0) {
            give_out(f);
        }
    }
    return rc;
}

int store_find(const struct store_view *view, struct span head, struct span query,
               struct store_page *page)
{
    struct find *f = mem_new(sizeof *f);
    f->view = view;
    f->head = head;
    f->page = page;
    page->count = 0;
    if (page->before > STORE_INDEX_NUMBER_MAX) {
        page->before = STORE_INDEX_NUMBER_MAX + 1;
    }
    parse(f, query);
    buf_init(&f->key, STORE_WHOLE_MAX);
    buf_init(&f->value, STORE_INDEX_ENTRY_MAX);
    int rc = 0;
    if (f->word_count == 0) {
        page->before = 0; /* nothing is asked for */
    } else {
        rc = view->ops->hold(view->back);
        rc = rc < 0 ? rc : look(f);
        view->ops->let_go(view->back);
    }
    rc = rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc;
    buf_clear(&f->key);
    buf_clear(&f->value);
    mem_free(f);
    return rc;
}
