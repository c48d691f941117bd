/*
 * Answers that make no new head: who is asked, what for, and what others can do with it.
 */
#include "group/epoch_give.h"

#include "tests/base/unit.h"

#include "base/check.h"
#include "crypto/secret.h"
#include "tests/support/group_world.h"

static struct group_world w;
static uint8_t bytes[GROUP_WORLD_ASK_MAX];

enum { H, I, X }; /* who answers first, another member, who asks */

static struct epoch *epoch_of(size_t node)
{
    return &w.nodes[node].e;
}

static void lose_told(size_t first, size_t to)
{
    for (; first < w.item_count; first++) {
        w.items[first]->is_lost |=
            w.items[first]->kind == GROUP_WORLD_TOLD && w.items[first]->to == to;
    }
}

/* X misses a wrap, and the welcome that answers it: the head is a derived change that it cannot
 * read and I can. */
static void begin(uint64_t seed)
{
    group_world_init(&w, seed, &signer_ed25519);
    group_world_begin(&w, 3);
    size_t first = w.item_count;
    w.now += GROUP_WORLD_SECOND;
    CHECK(epoch_make_change(epoch_of(H), w.now, true) == 0);
    group_world_pump(&w, H);
    lose_told(first, X);
    group_world_run(&w);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    first = w.item_count;
    CHECK(group_world_answer(&w, H, &asked) == 0);
    lose_told(first, X);
    group_world_run(&w);
    CHECK(epoch_bar(epoch_of(I)) == EPOCH_READY && epoch_bar(epoch_of(X)) == EPOCH_BLIND);
    CHECK(epoch_of(X)->graph.head_count == 1);
}

/* Anybody who can read the head gives its secret to who is in its view. */
static void an_answer_of_another_is_no_new_head(void **state)
{
    (void)state;
    begin(81);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    const uint64_t before = epoch_of(I)->sequence;
    const size_t changes = epoch_of(I)->graph.count;
    assert_int_equal(group_world_answer(&w, I, &asked), 0);
    group_world_run(&w);
    assert_int_equal(epoch_of(I)->sequence, before);
    assert_int_equal(epoch_of(X)->graph.count, changes);
    assert_int_equal(epoch_bar(epoch_of(X)), EPOCH_READY);
    assert_false(epoch_of(X)->ask.is_open);
    const struct group_world_item *item = group_world_must_write(&w, X);
    group_world_run(&w);
    assert_true(item->opened[H] && item->opened[I]);
    epoch_check(epoch_of(X));
    /* The ask is answered once, also behind a restart. */
    assert_int_equal(group_world_answer(&w, I, &asked), WAVU_ERR_CRYPTO);
    group_world_crash(&w, I);
    group_world_restart(&w, I);
    assert_int_equal(group_world_answer(&w, I, &asked), WAVU_ERR_CRYPTO);
    group_world_clear(&w);
}

/* What is given may not be what is missing: who asked in vain is given a change with its past. */
static void who_was_given_in_vain_is_welcomed(void **state)
{
    (void)state;
    begin(82);
    const uint64_t before = epoch_of(I)->sequence;
    w.now += EPOCH_ASK_WORN_NS;
    epoch_tick(epoch_of(X), w.now);
    struct epoch_make_asked first = group_world_asked(&w, X, bytes);
    const size_t at = w.item_count;
    assert_int_equal(group_world_answer(&w, I, &first), 0);
    lose_told(at, X);
    group_world_run(&w);
    assert_int_equal(epoch_of(I)->sequence, before);
    w.now += EPOCH_ASK_WORN_NS;
    epoch_tick(epoch_of(X), w.now);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, I, &asked), 0);
    group_world_run(&w);
    assert_int_equal(epoch_of(I)->sequence, before + 1);
    assert_int_equal(epoch_bar(epoch_of(X)), EPOCH_READY);
    group_world_clear(&w);
}

/* Also when it is given what it has: it need not wait until the ask is worn. */
static void who_is_given_what_it_has_is_welcomed_next(void **state)
{
    (void)state;
    begin(87);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, I, &asked), 0);
    group_world_run(&w); /* X is whole; then a change side by side that it alone hears of */
    const size_t first = w.item_count;
    w.now += GROUP_WORLD_SECOND;
    assert_int_equal(epoch_make_change(epoch_of(H), w.now, true), 0);
    group_world_pump(&w, H);
    lose_told(first, X);
    for (size_t i = first; i < w.item_count; i++) {
        w.items[i]->has[I] = true;
        CHECK(w.items[i]->kind != GROUP_WORLD_SAID || group_world_deliver(&w, X, i));
    }
    assert_int_equal(epoch_bar(epoch_of(X)), EPOCH_BLIND);
    assert_int_equal(epoch_bar(epoch_of(I)), EPOCH_READY);
    w.now += GROUP_WORLD_SECOND;
    epoch_tick(epoch_of(X), w.now);
    asked = group_world_asked(&w, X, bytes);
    const uint64_t before = epoch_of(I)->sequence;
    const size_t at = w.item_count;
    assert_int_equal(group_world_answer(&w, I, &asked), 0);
    assert_int_equal(epoch_of(I)->sequence, before);
    for (size_t i = at; i < w.item_count; i++) {
        (void)group_world_deliver(&w, X, i);
    }
    assert_int_equal(epoch_bar(epoch_of(X)), EPOCH_BLIND);
    assert_true(epoch_of(X)->ask.has_answer);
    w.now += GROUP_WORLD_SECOND;
    asked = group_world_asked(&w, X, bytes);
    assert_true(epoch_of(X)->ask.is_whole);
    group_world_clear(&w);
}

/* A newcomer is in the view of a head that answered others: it lacks the names of all that lies
 * below, and whatever comes would wait for them. */
static void a_newcomer_is_welcomed(void **state)
{
    (void)state;
    begin(83);
    const size_t newcomer = group_world_make(&w);
    group_world_log(&w, H, false, newcomer);
    group_world_run(&w);
    w.now += EPOCH_ASK_WORN_NS;
    epoch_tick(epoch_of(X), w.now);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, H, &asked),
                     0); /* given: X; the head's view is of before */
    group_world_run(&w);
    const size_t other = group_world_make(&w);
    group_world_log(&w, H, false, other);
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, H, newcomer), 0); /* its view has both */
    group_world_run(&w);
    const uint64_t before = epoch_of(H)->sequence + epoch_of(I)->sequence;
    assert_int_equal(group_world_welcome(&w, I, other), 0);
    group_world_run(&w);
    assert_int_equal(epoch_of(H)->sequence + epoch_of(I)->sequence, before + 1);
    assert_int_equal(epoch_bar(epoch_of(other)), EPOCH_READY);
    group_world_clear(&w);
}

/* As I would give X the secret of the head, but `seed` instead. */
static int give_lie(size_t from, const uint8_t seed[32])
{
    const struct epoch *x = epoch_of(X);
    const struct epoch_change *head = x->graph.heads[0];
    uint8_t mlkem[MLKEM_PUBLIC_SIZE];
    wrap_mlkem_public(mlkem, &x->ask.key);
    const struct wrap_leaf leaf = {.x25519 = x->ask.key.x25519.public_key, .mlkem = mlkem};
    const struct wrap_about about = {
        .label = "wavu epoch given 1", .id = head->id, .recipient = w.nodes[X].device.public_key};
    const struct wrap_tools tools = {
        .aead = w.aead, .kind = AEAD_CHACHA20_POLY1305, .random = &w.random};
    struct wrap_sealed sealed;
    struct wr wr;

    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    CHECK(wrap_seal(&sealed, seed, &leaf, true, &about, &tools) == 0);
    epoch_msg_write_wrap(&wr, head->id, NULL, &sealed);
    return epoch_feed(epoch_of(X), w.now, w.nodes[from].device.public_key, wr_span(&wr));
}

/* A secret proves itself by the change's commitment, whoever gives it; strangers give nothing, and
 * nobody gives what was not asked for. */
static void a_false_secret_is_refused(void **state)
{
    (void)state;
    uint8_t seed[32] = {7};
    uint8_t good[32];
    begin(84);
    (void)group_world_asked(&w, X, bytes);
    assert_int_equal(give_lie(I, seed), WAVU_ERR_CRYPTO);
    assert_int_equal(epoch_bar(epoch_of(X)), EPOCH_BLIND);
    const struct epoch_change *head = epoch_of(I)->graph.heads[0];
    assert_int_equal(epoch_make_seed_again(epoch_of(I), head, good), 0);
    const size_t stranger = group_world_make(&w);
    assert_int_equal(give_lie(stranger, good), WAVU_ERR_CRYPTO);
    assert_int_equal(epoch_bar(epoch_of(X)), EPOCH_BLIND);
    for (size_t i = 0; i < EPOCH_TAKE_BAD_MAX; i++) {
        (void)!give_lie(I, seed);
    }
    assert_int_equal(give_lie(I, good), WAVU_ERR_LIMIT); /* a liar's next are not tried */
    assert_int_equal(give_lie(H, good), 0);
    assert_int_equal(epoch_bar(epoch_of(X)), EPOCH_READY);
    epoch_check(epoch_of(X));
    group_world_clear(&w);
}

static void what_was_not_asked_for_is_refused(void **state)
{
    (void)state;
    uint8_t good[32];
    begin(85);
    epoch_make_forget_ask(epoch_of(X));
    const struct epoch_change *head = epoch_of(I)->graph.heads[0];
    assert_int_equal(epoch_make_seed_again(epoch_of(I), head, good), 0);
    epoch_of(X)->ask.key = epoch_of(X)->leaves[0].own; /* as if it were sealed to a leaf */
    assert_int_equal(give_lie(I, good), WAVU_ERR_CRYPTO);
    assert_int_equal(epoch_bar(epoch_of(X)), EPOCH_BLIND);
    secret_wipe(good, sizeof good);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_answer_of_another_is_no_new_head),
        UNIT(who_was_given_in_vain_is_welcomed),
        UNIT(who_is_given_what_it_has_is_welcomed_next),
        UNIT(a_newcomer_is_welcomed),
        UNIT(a_false_secret_is_refused),
        UNIT(what_was_not_asked_for_is_refused),
    };
    return cmocka_run_group_tests_name("epoch_give", tests, NULL, NULL);
}
