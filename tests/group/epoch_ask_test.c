/*
 * Asks: who may answer which, how often, and how long their keys live. A thief who has the state of
 * a device that asks must not be given later what the device's change has healed.
 */
#include "tests/base/unit.h"

#include "base/check.h"
#include "tests/support/group_world.h"

static struct group_world w;
static uint8_t bytes[GROUP_WORLD_ASK_MAX];

enum { H, I, X }; /* who answers, another member, who asks */

static void begin(uint64_t seed)
{
    group_world_init(&w, seed, &signer_ed25519);
    group_world_begin(&w, 3);
}

static void change_by(size_t by)
{
    w.now += GROUP_WORLD_SECOND;
    CHECK(epoch_make_change(&w.nodes[by].e, w.now, true) == 0);
    group_world_pump(&w, by);
    group_world_run(&w);
}

/* A change by `by` whose wraps are lost: the others lack its secret. */
static void change_unheard(size_t by)
{
    group_world_change_unheard(&w, by, true, GROUP_WORLD_ALL);
    CHECK(epoch_bar(&w.nodes[X].e) == EPOCH_BLIND);
}

static bool has_key(struct span state, const uint8_t secret[32])
{
    bool has = false;

    for (size_t i = 0; i + 32 <= state.len && !has; i++) {
        has = memcmp(state.ptr + i, secret, 32) == 0;
    }
    return has;
}

/* The network keeps an ask and says it again, whenever: to who answered it, also behind a restart,
 * and to who knows a change of the asker that it is older than. */
static void an_ask_is_good_once(void **state)
{
    (void)state;
    begin(71);
    change_unheard(H);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[X].e), EPOCH_READY);
    assert_int_equal(group_world_answer(&w, H, &asked), WAVU_ERR_CRYPTO);
    group_world_crash(&w, H);
    group_world_restart(&w, H);
    assert_int_equal(group_world_answer(&w, H, &asked), WAVU_ERR_CRYPTO);
    change_by(X);
    assert_int_equal(epoch_bar(&w.nodes[I].e), EPOCH_READY);
    assert_int_equal(group_world_answer(&w, I, &asked), WAVU_ERR_CRYPTO);
    for (int day = 0; day < 20; day++) { /* and when that change is forgotten */
        w.now += UINT64_C(24) * 3600 * GROUP_WORLD_SECOND;
        change_by((size_t)day % 2);
        for (size_t i = 0; i < 3; i++) {
            epoch_tick(&w.nodes[i].e, w.now);
            group_world_pump(&w, i);
        }
        group_world_run(&w);
    }
    assert_int_equal(epoch_graph_last(&w.nodes[I].e.graph, w.nodes[I].e.views.by_id[0]) +
                         epoch_graph_last(&w.nodes[I].e.graph, w.nodes[I].e.views.by_id[1]) +
                         epoch_graph_last(&w.nodes[I].e.graph, w.nodes[I].e.views.by_id[2]),
                     w.nodes[H].e.sequence + w.nodes[I].e.sequence); /* none of X */
    assert_int_equal(group_world_answer(&w, I, &asked), WAVU_ERR_CRYPTO);
    /* A new one is answered. */
    change_unheard(H);
    asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[X].e), EPOCH_READY);
    group_world_clear(&w);
}

/* The answer is on its way longer than its asker waits for it, and asks others meanwhile: it is
 * opened all the same. Who got an answer that was lost says another ask, later. */
static void an_answer_may_be_late(void **state)
{
    (void)state;
    begin(75);
    change_unheard(H);
    struct epoch *e = &w.nodes[X].e;
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    uint64_t number = e->ask.number;
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    struct group_world_item *late = w.items[w.item_count - 1];
    late->is_lost = true; /* it waits somewhere */
    group_world_run(&w);
    for (int again = 0; again < 2; again++) {
        w.now += EPOCH_ASK_WORN_NS / 3;
        epoch_tick(e, w.now);
        asked = group_world_asked(&w, X, bytes);
        assert_int_equal(e->ask.number, number);
        assert_int_equal(group_world_answer(&w, I, &asked), WAVU_ERR_AGAIN); /* it lacks the same */
    }
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    late->is_lost = false;
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    /* One that is lost for good. */
    change_unheard(H);
    asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    w.items[w.item_count - 1]->is_lost = true;
    group_world_run(&w);
    asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, H, &asked), WAVU_ERR_CRYPTO); /* it has answered */
    w.now += EPOCH_ASK_WORN_NS;
    epoch_tick(e, w.now);
    asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    group_world_clear(&w);
}

/* Two members that were asked answer before they hear of each other: two heads, whose secrets come
 * with two welcomes. */
static void two_answer_side_by_side(void **state)
{
    (void)state;
    begin(76);
    group_world_change_unheard(&w, H, true, X);
    struct epoch *e = &w.nodes[X].e;
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    assert_int_equal(epoch_bar(&w.nodes[I].e), EPOCH_READY);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    struct group_world_item *welcomes[2];
    for (size_t by = H; by <= I; by++) {
        assert_int_equal(group_world_answer(&w, by, &asked), 0);
        welcomes[by] = w.items[w.item_count - 1];
        welcomes[by]->is_lost = true;
    }
    group_world_run(&w);
    assert_int_equal(e->graph.head_count, 2); /* broadcasts are faster */
    welcomes[I]->is_lost = false;
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    welcomes[H]->is_lost = false;
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    assert_false(e->ask.is_open);
    group_world_clear(&w);
}

/* Who lacks the change that answered another is given that one: a change for each answer would be
 * one more that all others have to ask for. */
static void an_answer_is_no_new_head(void **state)
{
    (void)state;
    begin(77);
    change_unheard(H); /* I and X lack it */
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    struct epoch *e = &w.nodes[H].e;
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[X].e), EPOCH_READY);
    assert_int_equal(epoch_bar(&w.nodes[I].e), EPOCH_BLIND);
    uint64_t before = e->sequence;
    size_t changes = e->graph.count;
    assert_int_equal(group_world_welcome(&w, H, I), 0);
    group_world_run(&w);
    assert_true(e->sequence == before && e->graph.count == changes);
    assert_int_equal(epoch_bar(&w.nodes[I].e), EPOCH_READY);
    struct group_world_item *item = group_world_must_write(&w, I);
    group_world_run(&w);
    assert_true(item->opened[H] && item->opened[X]);
    /* Who is not in its view, or asks who did not make it, needs another one. */
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, I, false, newcomer);
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, H, newcomer), 0);
    group_world_run(&w);
    assert_true(e->sequence == before + 1);
    assert_int_equal(epoch_bar(&w.nodes[newcomer].e), EPOCH_READY);
    assert_int_equal(epoch_bar(&w.nodes[X].e), EPOCH_READY);
    group_world_clear(&w);
}

/* What lies between a head and what stands above it may never come to who missed it: an answer says
 * so, also when its change was here before it. */
static void an_answer_says_what_lies_below(void **state)
{
    (void)state;
    begin(78);
    const struct epoch *e = &w.nodes[X].e;
    group_world_change_unheard(&w, I, true, X);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    /* X hears nothing of the change that lets one in, who knows what lies below by name alone. */
    size_t newcomer = group_world_make(&w);
    for (size_t i = 0; i < w.item_count; i++) {
        w.items[i]->has[newcomer] = w.items[i]->kind == GROUP_WORLD_SAID;
    }
    group_world_log(&w, H, false, newcomer);
    group_world_run(&w);
    size_t first = w.item_count;
    assert_int_equal(group_world_welcome(&w, H, newcomer), 0);
    for (; first < w.item_count; first++) {
        w.items[first]->has[X] = true;
    }
    group_world_run(&w);
    w.now += GROUP_WORLD_SECOND;
    epoch_tick(&w.nodes[X].e, w.now);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, newcomer, &asked), 0);
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    assert_int_equal(e->graph.head_count, 2);
    asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, I, &asked), 0);
    struct group_world_item *welcome = w.items[w.item_count - 1];
    welcome->is_lost = true;
    group_world_run(&w); /* broadcasts are faster */
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    welcome->is_lost = false;
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    assert_int_equal(e->graph.head_count, 1);
    group_world_clear(&w);
}

/* Also when who answers has forgotten what the asker is left with: an author's changes stand above
 * each other. */
static void what_an_author_made_before_lies_below(void **state)
{
    (void)state;
    begin(80);
    change_unheard(H);
    struct epoch *e = &w.nodes[H].e;
    struct epoch_change *first = e->graph.heads[0];
    size_t at = w.item_count;
    w.now += GROUP_WORLD_SECOND;
    assert_int_equal(epoch_make_change(e, w.now, true), 0);
    group_world_pump(&w, H);
    for (; at < w.item_count; at++) { /* X hears nothing of it */
        w.items[at]->has[X] = true;
    }
    group_world_run(&w);
    assert_true(first->superseded > 0);
    epoch_forget(e, first);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    group_world_run(&w);
    assert_int_equal(w.nodes[X].e.graph.head_count, 1);
    assert_int_equal(epoch_bar(&w.nodes[X].e), EPOCH_READY);
    group_world_clear(&w);
}

/* It counts from the channel of its device alone, whoever has it. */
static void an_ask_is_its_devices_own(void **state)
{
    (void)state;
    begin(72);
    change_unheard(H);
    struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
    asked.from = w.nodes[I].device.public_key;
    assert_int_equal(group_world_answer(&w, H, &asked), WAVU_ERR_CRYPTO);
    asked.from = w.nodes[X].device.public_key;
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    group_world_clear(&w);
}

/* Two answer a newcomer at once, and one answer is lost: no wrap ever comes of that change, so it
 * is asked for now, and not when wraps would be late. */
static void a_change_beside_a_welcome_is_asked_for(void **state)
{
    (void)state;
    begin(79);
    size_t newcomer = group_world_make(&w);
    struct epoch *e = &w.nodes[newcomer].e;
    struct wr wr;
    group_world_log(&w, H, false, newcomer);
    for (size_t i = 0; i < w.item_count; i++) {
        w.items[i]->has[newcomer] = w.items[i]->kind != GROUP_WORLD_LOGGED;
    }
    group_world_run(&w);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    CHECK(group_world_ask(&w, newcomer, &wr) == 0);
    const struct epoch_make_asked asked = {w.nodes[newcomer].device.public_key, wr_span(&wr)};
    CHECK(epoch_make_welcome(&w.nodes[H].e, w.now, &asked, 1) == 0);
    CHECK(epoch_make_welcome(&w.nodes[I].e, w.now, &asked, 1) == 0);
    group_world_pump(&w, H);
    size_t first = w.item_count;
    group_world_pump(&w, I);
    for (; first < w.item_count; first++) {
        w.items[first]->is_lost = w.items[first]->kind == GROUP_WORLD_TOLD;
    }
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    assert_true(epoch_deadline(e) <= w.now);
    epoch_tick(e, w.now);
    group_world_pump(&w, newcomer);
    assert_int_equal(w.nodes[newcomer].events[EPOCH_MISSING], 1);
    group_world_clear(&w);
}

/* A welcome that is lost on its way can be opened by who has the key of its ask: so that goes as
 * soon as nothing is missing, with one's own change, and in seven days. */
static void the_key_goes_when_nothing_is_missing(void **state)
{
    (void)state;
    static const struct wrap_own none;
    for (int way = 0; way < 3; way++) {
        uint8_t secret[32];
        begin(73);
        change_unheard(H);
        struct epoch_make_asked asked = group_world_asked(&w, X, bytes);
        struct epoch *e = &w.nodes[X].e;
        memcpy(secret, e->ask.key.x25519.secret, 32);
        assert_int_equal(group_world_answer(&w, H, &asked), 0);
        w.items[w.item_count - 1]->is_lost = true; /* the welcome */
        group_world_run(&w);
        assert_true(e->ask.is_open && has_key(buf_span(&w.nodes[X].durable), secret));
        if (way == 0) {
            change_by(I);
            assert_int_equal(epoch_bar(e), EPOCH_READY);
        } else if (way == 1) {
            change_by(X);
        } else {
            assert_true(epoch_deadline(e) <= w.now + EPOCH_GRAPH_KEEP_NS);
            w.now += EPOCH_GRAPH_KEEP_NS;
        }
        w.now += EPOCH_SAVE_GAP_NS;
        epoch_tick(e, w.now);
        group_world_pump(&w, X);
        assert_false(e->ask.is_open);
        assert_memory_equal(&e->ask.key, &none, sizeof none);
        assert_false(has_key(buf_span(&w.nodes[X].durable), secret));
        group_world_clear(&w);
    }
}

static void who_lacks_nothing_asks_nothing(void **state)
{
    (void)state;
    struct wr wr;
    begin(74);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(group_world_ask(&w, X, &wr), WAVU_ERR_DENIED);
    assert_false(w.nodes[X].e.ask.is_open);
    group_world_clear(&w);
}

/* Members answer no number twice, so a crash must not give one out again. */
static void a_number_is_durable_before_it_leaves(void **state)
{
    (void)state;
    struct wr wr;
    begin(75);
    change_unheard(H);
    w.has_slow_disk = true;
    struct epoch *e = &w.nodes[X].e;
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(epoch_make_ask(e, &wr), WAVU_ERR_AGAIN);
    group_world_pump(&w, X);
    assert_int_equal(epoch_make_ask(e, &wr), WAVU_ERR_AGAIN);
    assert_int_equal(wr.len, 0);
    group_world_crash(&w, X); /* nobody has seen it */
    group_world_restart(&w, X);
    group_world_run(&w);
    assert_int_equal(epoch_make_ask(e, &wr), WAVU_ERR_AGAIN);
    uint64_t number = e->ask.number;
    group_world_pump(&w, X);
    group_world_disk(&w, X);
    assert_int_equal(epoch_make_ask(e, &wr), 0);
    assert_int_equal(e->ask.number, number);
    group_world_crash(&w, X); /* its welcome comes behind the crash */
    group_world_restart(&w, X);
    assert_int_equal(e->ask.number, number);
    struct epoch_make_asked asked = {w.nodes[X].device.public_key, wr_span(&wr)};
    assert_int_equal(group_world_answer(&w, H, &asked), 0);
    group_world_disk(&w, H);
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_ask_is_good_once),
        UNIT(an_answer_may_be_late),
        UNIT(two_answer_side_by_side),
        UNIT(an_answer_is_no_new_head),
        UNIT(an_answer_says_what_lies_below),
        UNIT(what_an_author_made_before_lies_below),
        UNIT(an_ask_is_its_devices_own),
        UNIT(the_key_goes_when_nothing_is_missing),
        UNIT(who_lacks_nothing_asks_nothing),
        UNIT(a_change_beside_a_welcome_is_asked_for),
        UNIT(a_number_is_durable_before_it_leaves),
    };
    return cmocka_run_group_tests_name("epoch_ask", tests, NULL, NULL);
}
