/* Fetching a file from several holders: they share, slow ones and liars do not hinder, it resumes.
 */
#include "sync/file_get.h"

#include "crypto/secret.h"
#include "tests/base/unit.h"

#define MS UINT64_C(1000000)
#define HOLDERS 4
#define QUEUE 256

/* A holder as the test plays it: what it was asked for, and how it answers. */
struct holder {
    uint64_t piece_ns; /* for each piece; 0: it never answers */
    bool is_liar;
    bool is_gone;
    struct file_map map;
    uint32_t queue[QUEUE];
    size_t queued;
    uint64_t next; /* when its next piece is there */
    size_t sent;
};

struct world {
    struct random_seeded seeded;
    struct random random;
    uint64_t now;
    struct file_shape shape;
    struct file_tree tree;
    struct file_get get;
    struct holder holders[HOLDERS];
    size_t holder_count;
    size_t taken;
    size_t wasted; /* pieces that were here already */
    bool is_done;
};

static void piece_bytes(const struct world *w, uint32_t number, uint8_t *out)
{
    memset(out, (int)(number % 251), file_shape_piece(&w->shape, number));
}

static const uint8_t tag[AEAD_TAG_SIZE] = {9};

static struct world *world_new(uint64_t size, size_t holders, uint64_t seed)
{
    struct world *w = mem_new(sizeof *w);
    uint8_t *bytes = mem_new(FILE_SHAPE_PIECE_MIN);
    uint8_t id[FILE_SHAPE_ID_SIZE];

    random_seeded_init(&w->seeded, seed);
    w->random = random_from_seeded(&w->seeded);
    w->holder_count = holders;
    w->now = MS;
    assert_int_equal(file_shape_of(&w->shape, size), 0);
    file_tree_init(&w->tree);
    for (uint32_t i = 0; i < w->shape.count; i++) {
        uint8_t leaf[HASH_SHA256_SIZE];

        piece_bytes(w, i, bytes);
        file_tree_leaf(leaf, span_of(bytes, file_shape_piece(&w->shape, i)),
                       span_of(tag, sizeof tag));
        assert_int_equal(file_tree_add(&w->tree, leaf), 0);
    }
    assert_int_equal(file_tree_finish(&w->tree), 0);
    file_shape_id(id, &w->shape, file_tree_root(&w->tree), AEAD_CHACHA20_POLY1305);
    file_get_init(&w->get, id, &w->shape, AEAD_CHACHA20_POLY1305, NULL, &w->random);
    for (size_t i = 0; i < holders; i++) {
        file_map_init(&w->holders[i].map, w->shape.count);
        w->holders[i].piece_ns = MS;
        for (uint32_t k = 0; k < w->shape.count; k++) {
            (void)file_map_add(&w->holders[i].map, k);
        }
    }
    mem_free(bytes);
    return w;
}

static void world_free(struct world *w)
{
    file_get_clear(&w->get);
    file_tree_clear(&w->tree);
    mem_free(w);
}

static void unqueue(struct holder *h, uint32_t number)
{
    for (size_t i = 0; i < h->queued; i++) {
        if (h->queue[i] == number) {
            memmove(h->queue + i, h->queue + i + 1, (h->queued - i - 1) * sizeof *h->queue);
            h->queued--;
            return;
        }
    }
}

static void drain(struct world *w)
{
    struct file_get_event event;

    file_get_check(&w->get);
    while (file_get_next_event(&w->get, &event)) {
        struct holder *h = event.holder < HOLDERS ? &w->holders[event.holder] : NULL;

        switch (event.kind) {
        case FILE_GET_ASK:
            assert_false(h->is_gone);
            if (h->queued == 0) {
                h->next = w->now + h->piece_ns;
            }
            for (uint32_t i = 0; i < event.count; i++) {
                assert_true(h->queued < QUEUE);
                h->queue[h->queued++] = event.first + i;
            }
            break;
        case FILE_GET_CANCEL:
            if (random_below(&w->random, 2) == 0) { /* else it is on its way */
                unqueue(h, event.first);
            }
            break;
        case FILE_GET_LEAVE:
            h->is_gone = true;
            h->queued = 0;
            break;
        case FILE_GET_DONE:
            w->is_done = true;
            break;
        }
    }
}

static void answer(struct world *w, uint32_t id)
{
    struct holder *h = &w->holders[id];
    uint8_t path[FILE_TREE_PATH_MAX][HASH_SHA256_SIZE];
    uint8_t *bytes = mem_new(FILE_SHAPE_PIECE_MIN);
    uint32_t number = h->queue[0];
    size_t len = file_tree_path(&w->tree, number, path) * HASH_SHA256_SIZE;

    unqueue(h, number);
    h->next = w->now + h->piece_ns;
    piece_bytes(w, number, bytes);
    if (h->is_liar) {
        bytes[0] ^= 1;
    }
    const struct file_get_came came = {.number = number,
                                       .bytes = span_of(bytes, file_shape_piece(&w->shape, number)),
                                       .tag = tag,
                                       .path = span_of(path, len)};
    int rc = file_get_piece(&w->get, w->now, id, &came);
    h->sent++;
    w->taken += rc == 0;
    w->wasted += rc == WAVU_ERR_EXISTS;
    assert_true(rc == 0 || rc == WAVU_ERR_EXISTS || h->is_liar);
    mem_free(bytes);
    drain(w);
}

/* Virtual time until the file is here, or `until`. */
static void run(struct world *w, uint64_t until)
{
    while (!w->is_done && w->now < until) {
        uint64_t next = file_get_deadline(&w->get);
        uint32_t who = HOLDERS;

        for (uint32_t i = 0; i < w->holder_count; i++) {
            const struct holder *h = &w->holders[i];

            if (h->queued > 0 && h->piece_ns > 0 && !h->is_gone && h->next <= next) {
                next = h->next;
                who = i;
            }
        }
        if (next > until) {
            w->now = until;
            return;
        }
        w->now = next;
        if (who < HOLDERS) {
            answer(w, who);
        } else {
            file_get_tick(&w->get, w->now);
            drain(w);
        }
    }
}

static void join_all(struct world *w)
{
    for (uint32_t i = 0; i < w->holder_count; i++) {
        assert_int_equal(file_get_map(&w->get, w->now, i, &w->holders[i].map), 0);
        drain(w);
    }
}

static void test_several_holders_share(void **state)
{
    (void)state;
    struct world *one = world_new(1000 * (uint64_t)FILE_SHAPE_PIECE_MIN, 1, 1);
    struct world *four = world_new(1000 * (uint64_t)FILE_SHAPE_PIECE_MIN, 4, 1);

    four->holders[3].piece_ns = 10 * MS; /* a slow one */
    join_all(one);
    run(one, 100000 * MS);
    join_all(four);
    run(four, 100000 * MS);
    assert_true(one->is_done && four->is_done);
    assert_int_equal(four->taken, 1000);
    printf("one holder %.0f ms, three and a slow one %.0f ms, %zu pieces twice\n",
           (double)one->now / MS, (double)four->now / MS, four->wasted);
    assert_true(one->now < 1005 * MS && four->now < 450 * MS && four->wasted < 20);
    world_free(one);
    world_free(four);
}

static void test_who_lies_is_left(void **state)
{
    (void)state;
    struct world *w = world_new(300 * (uint64_t)FILE_SHAPE_PIECE_MIN + 5, 3, 2);

    w->holders[1].is_liar = true;
    join_all(w);
    run(w, 100000 * MS);
    assert_true(w->is_done && w->holders[1].is_gone);
    assert_int_equal(w->holders[1].sent, 1);
    assert_int_equal(w->taken, 301);
    world_free(w);
}

static void test_a_silent_holder_does_not_hinder(void **state)
{
    (void)state;
    struct world *w = world_new(100 * (uint64_t)FILE_SHAPE_PIECE_MIN, 2, 3);

    w->holders[0].piece_ns = 0;
    join_all(w);
    run(w, 100000 * MS);
    assert_true(w->is_done);
    assert_true(w->now < 200 * MS); /* the other was asked for its pieces, too */
    world_free(w);

    w = world_new(100 * (uint64_t)FILE_SHAPE_PIECE_MIN, 1, 4);
    w->holders[0].piece_ns = 0;
    join_all(w);
    run(w, FILE_GET_PIECE_NS + 10 * MS);
    assert_false(w->is_done);
    assert_int_equal(w->get.holders[0].under_way, 1); /* asked for little, but asked */
    w->holders[0].piece_ns = MS;
    w->holders[0].next = w->now;
    run(w, 100000 * MS);
    assert_true(w->is_done);
    world_free(w);
}

static void test_holders_that_have_parts(void **state)
{
    (void)state;
    struct world *w = world_new(200 * (uint64_t)FILE_SHAPE_PIECE_MIN, 2, 5);

    for (uint32_t k = 0; k < 200; k++) {
        file_map_remove(&w->holders[k % 2].map, k);
    }
    file_map_remove(&w->holders[0].map, 77);
    join_all(w);
    run(w, 10000 * MS);
    assert_false(w->is_done);
    assert_int_equal(w->get.here.have, 199);
    (void)file_map_add(&w->holders[1].map, 77); /* it has it now */
    assert_int_equal(file_get_map(&w->get, w->now, 1, &w->holders[1].map), 0);
    drain(w);
    run(w, 20000 * MS);
    assert_true(w->is_done);
    world_free(w);
}

static void test_resumes_where_it_stopped(void **state)
{
    (void)state;
    struct world *w = world_new(150 * (uint64_t)FILE_SHAPE_PIECE_MIN, 1, 6);
    uint8_t id[FILE_SHAPE_ID_SIZE];

    join_all(w);
    run(w, 60 * MS);
    assert_false(w->is_done);
    struct file_map *here = mem_new(sizeof *here);

    *here = w->get.here;
    memcpy(id, w->get.form.id, sizeof id);
    file_get_clear(&w->get);
    w->holders[0].queued = 0;
    file_get_init(&w->get, id, &w->shape, AEAD_CHACHA20_POLY1305, here, &w->random);
    mem_free(here);
    join_all(w);
    run(w, 100000 * MS);
    assert_true(w->is_done);
    assert_int_equal(w->taken, 150);    /* none twice */
    file_get_again(&w->get, w->now, 3); /* found damaged */
    w->is_done = false;
    drain(w);
    run(w, 200000 * MS);
    assert_true(w->is_done);
    assert_int_equal(w->taken, 151);
    world_free(w);
}

static void test_a_holder_goes(void **state)
{
    (void)state;
    struct world *w = world_new(100 * (uint64_t)FILE_SHAPE_PIECE_MIN, 2, 7);

    join_all(w);
    run(w, 20 * MS);
    w->holders[0].is_gone = true;
    file_get_lost(&w->get, w->now, 0);
    file_get_lost(&w->get, w->now, 0);
    drain(w);
    run(w, 100000 * MS);
    assert_true(w->is_done);
    assert_int_equal(w->taken, 100);
    world_free(w);
}

static void test_limits(void **state)
{
    (void)state;
    struct world *w = world_new(1, 1, 8);
    struct file_map *wrong = mem_new(sizeof *wrong);

    file_map_init(wrong, 2);
    assert_int_equal(file_get_map(&w->get, 1, 0, wrong), WAVU_ERR_PROTO);
    file_map_init(wrong, 1);
    for (uint32_t i = 0; i <= FILE_GET_HOLDERS_MAX; i++) {
        assert_int_equal(file_get_map(&w->get, 1, i, wrong),
                         i < FILE_GET_HOLDERS_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    const struct file_get_came came = {.bytes = UNIT_TEXT("x"), .tag = tag};

    assert_int_equal(file_get_piece(&w->get, 1, 99, &came), WAVU_ERR_CRYPTO);
    file_get_check(&w->get);
    mem_free(wrong);
    world_free(w);
}

int main(void)
{
    assert_int_equal(secret_start(), 0);
    const struct CMUnitTest tests[] = {
        UNIT(test_several_holders_share),
        UNIT(test_who_lies_is_left),
        UNIT(test_a_silent_holder_does_not_hinder),
        UNIT(test_holders_that_have_parts),
        UNIT(test_resumes_where_it_stopped),
        UNIT(test_a_holder_goes),
        UNIT(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
