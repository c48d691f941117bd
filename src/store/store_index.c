/*
 * Keys and entries of indexes; a commit's writes go to each one's upkeep (store_fold.h).
 */
#include "store/store_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"
#include "store/store_fold.h"

/* ---- Keys ---- */

static void begin_key(struct wr *w, struct store_whole *whole, struct span head,
                      enum store_space space)
{
    wr_init(w, span_mut_of(whole->bytes, sizeof whole->bytes));
    wr_u8(w, (uint8_t)space);
    wr_bytes(w, span_slice(head, 1, head.len)); /* the name */
}

static void end_key(const struct wr *w, struct store_whole *whole)
{
    CHECK(wr_finish(w) == 0);
    whole->len = w->len;
}

void store_index_key(struct store_whole *whole, struct span head, uint64_t number)
{
    struct wr w;
    begin_key(&w, whole, head, STORE_INDEXES);
    wr_u64be(&w, number);
    end_key(&w, whole);
}

void store_index_run_key(struct store_whole *whole, struct span head, struct store_run run,
                         struct span word)
{
    struct wr w;
    begin_key(&w, whole, head, STORE_BLOCKS);
    wr_u64be(&w, run.start);
    wr_u8(&w, (uint8_t)run.log2);
    wr_bytes(&w, word);
    end_key(&w, whole);
}

void store_index_all_key(struct store_whole *whole, struct span head, enum store_space space)
{
    struct wr w;
    begin_key(&w, whole, head, space);
    end_key(&w, whole);
}

bool store_index_number(struct span key, size_t head_len, uint64_t *number)
{
    struct rd r;
    rd_init(&r, span_slice(key, head_len, key.len));
    *number = rd_u64be(&r);
    return rd_finish(&r) == 0 && *number <= STORE_INDEX_NUMBER_MAX;
}

bool store_index_run(struct span key, size_t head_len, struct store_run *run)
{
    struct rd r;
    rd_init(&r, span_slice(key, head_len, key.len));
    run->start = rd_u64be(&r);
    run->log2 = rd_u8(&r);
    return !r.failed && run->start <= STORE_INDEX_NUMBER_MAX && run->log2 >= STORE_INDEX_LOG2_MIN &&
           run->log2 <= STORE_BLOCK_LOG2_MAX && run->start % (UINT64_C(1) << run->log2) == 0;
}

/* ---- Entries ---- */

struct token {
    uint8_t len;
    uint8_t bytes[STORE_WORDS_SIZE_MAX];
};

static int compare_tokens(const void *a, const void *b)
{
    const struct token *x = a;
    const struct token *y = b;
    return span_compare(span_of(x->bytes, x->len), span_of(y->bytes, y->len));
}

void store_index_entry(struct buf *entry, struct span text)
{
    const uint8_t version = STORE_BLOCK_VERSION;
    struct token tokens[STORE_INDEX_WORDS_MAX];
    struct store_words words;
    size_t count = 0;
    size_t len = 1;
    store_words_init(&words, text);
    while (count < STORE_INDEX_WORDS_MAX && len > 0) {
        len = store_words_next(&words, tokens[count].bytes);
        tokens[count].len = (uint8_t)len;
        count += len > 0 ? 1 : 0;
    }
    qsort(tokens, count, sizeof tokens[0], compare_tokens);
    CHECK(buf_append(entry, span_of(&version, 1)) == 0);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_tokens(&tokens[i - 1], &tokens[i]) != 0) {
            CHECK(buf_append(entry, span_of(&tokens[i].len, 1)) == 0);
            CHECK(buf_append(entry, span_of(tokens[i].bytes, tokens[i].len)) == 0);
        }
    }
}

bool store_index_word(struct span *rest, struct span *word)
{
    if (rest->len == 0 || rest->ptr[0] == 0 || rest->ptr[0] > STORE_WORDS_SIZE_MAX ||
        rest->ptr[0] >= rest->len) {
        return false;
    }
    *word = span_slice(*rest, 1, rest->ptr[0]);
    *rest = span_slice(*rest, 1 + word->len, rest->len);
    return true;
}

/* ---- A commit's writes ---- */

/* The index's part of a whole key. */
static struct span head_of(struct span key)
{
    return span_slice(key, 0, 2 + (size_t)key.ptr[1]);
}

int store_index_settle(const struct store_index_io *io, const struct store_batch *batch)
{
    static const uint8_t space = STORE_INDEXES;
    const struct store_op *op = store_batch_next(batch, span_of(&space, 1));
    int rc = 0;
    while (rc == 0 && op != NULL && op->key.ptr[0] == STORE_INDEXES) {
        struct span head = head_of(op->key);
        rc = store_fold(io, head, op);
        while (op != NULL && span_has_prefix(op->key, head)) {
            op = op->next[0];
        }
    }
    return rc;
}
