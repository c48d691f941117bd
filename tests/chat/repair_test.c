/* Talks about what is missing: what one lacks and the other has, both ways, whatever it is; what a
 * newcomer may have; what a hostile one gets. */
#include "chat/repair.h"

#include "chat/history_drop.h"
#include "tests/chat/history_shown.h"

/* One end of a talk. */
struct end {
    struct history_world *w;
    size_t node;
    size_t values;
    int fails; /* what `take` says instead, once */
};

static int on_take(void *context, struct span stored, uint64_t age_s)
{
    struct end *e = context;
    struct history_world_node *n = &e->w->nodes[e->node];
    struct entry entry;
    int rc = entry_read(&entry, stored);

    if (rc < 0 || entry_verify(&entry, e->w->network, &signer_ed25519) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    if (e->fails != 0) {
        rc = e->fails;
        e->fails = 0;
        return rc;
    }
    for (size_t i = 0; i < e->w->node_count; i++) {
        if (span_is_equal(span_of(entry.device, 32), span_of(e->w->nodes[i].pair.public_key, 32))) {
            const struct history_said said = {
                .entry = &entry, .member = e->w->nodes[i].member, .age_s = age_s};

            rc = history_feed(&n->history, e->w->now, &said);
            history_world_drain(n);
            history_world_commit(e->w, e->node);
            e->values++;
            return rc;
        }
    }
    return WAVU_ERR_LIMIT;
}

static uint64_t on_lasting(void *context)
{
    const struct end *e = context;

    return e->w->now;
}

static struct repair *make(struct history_world *w, struct end *e, size_t node, size_t peer,
                           const struct repair_ask *ask)
{
    struct repair_config config = {.history = &w->nodes[node].history,
                                   .ask = ask,
                                   .bare = {.is_due = true},
                                   .user = {.take = on_take, .lasting = on_lasting, .context = e}};

    *e = (struct end){.w = w, .node = node};
    memcpy(config.device, w->nodes[peer].pair.public_key, 32);
    memcpy(config.member, w->nodes[peer].member, 32);
    return repair_new(&config);
}

/* What a talk cost and brought. */
struct cost {
    size_t bytes;
    size_t frames;
    size_t turns; /* of the way, half a round trip each */
    size_t values[2];
    struct repair_result what[2];
};

/* All that one end has to say, to the other. 1: something, 0: nothing, CLOSED, or an error. */
static int carry(struct repair *from, struct repair *to, struct cost *cost)
{
    struct buf frame;
    size_t said = 0;
    int rc = 0;

    buf_init(&frame, REPAIR_MSG_SIZE_MAX);
    while ((rc = repair_pull(from, &frame)) == 0) {
        cost->bytes += frame.len + 1 + (frame.len > 127) + (frame.len > 16383);
        cost->frames++;
        said++;
        rc = repair_feed(to, buf_span(&frame));
        rc = rc == WAVU_ERR_AGAIN ? repair_feed(to, buf_span(&frame)) : rc;
        assert_int_equal(rc, 0);
        buf_clear(&frame);
        buf_init(&frame, REPAIR_MSG_SIZE_MAX);
    }
    buf_clear(&frame);
    cost->turns += said > 0;
    return rc == WAVU_ERR_NOT_FOUND ? said > 0 : rc;
}

static struct cost talk(struct history_world *w, size_t a, size_t b, const struct repair_ask *ask)
{
    struct end ends[2];
    struct repair *x = make(w, &ends[0], a, b, ask);
    struct repair *y = make(w, &ends[1], b, a, NULL);
    struct cost cost = {.bytes = 0};
    int rc = 0;

    for (int i = 0; rc != WAVU_ERR_CLOSED; i++) {
        assert_true(i < 10000);
        rc = carry(x, y, &cost);
        assert_true(rc >= 0 || rc == WAVU_ERR_CLOSED);
        assert_true(carry(y, x, &cost) >= 0);
    }
    for (int i = 0; i < 2; i++) {
        cost.values[i] = ends[i].values;
        repair_what(i == 0 ? x : y, &cost.what[i]);
    }
    repair_free(x);
    repair_free(y);
    return cost;
}

static const struct repair_ask all = {.has_room = false};

static struct repair_ask about(const uint8_t room[32])
{
    struct repair_ask ask = {.has_room = true};

    memcpy(ask.room, room, 32);
    return ask;
}

/* Node 0's word that the others came in, before anything else. */
static void let_all_in(struct history_world *w)
{
    for (size_t i = 1; i < w->node_count; i++) {
        const struct content c = {.kind = CONTENT_JOINED,
                                  .member = w->nodes[i].member,
                                  .device = w->nodes[i].pair.public_key};

        history_world_write(w, 0, w->group, &c, 0);
    }
    history_world_share(w);
}

static void check_equal(struct history_world *w)
{
    uint8_t views[HISTORY_WORLD_NODES_MAX][32];
    uint8_t hashes[HISTORY_WORLD_NODES_MAX][8];

    for (size_t i = 0; i < w->node_count; i++) {
        (void)history_world_view(w, i, views[i]);
        history_hash(history_world_room(w, i), hashes[i]);
        assert_int_equal(history_world_room(w, i)->last, w->said_count);
        assert_memory_equal(views[i], views[0], 32);
        assert_memory_equal(hashes[i], hashes[0], 8);
        history_check(&w->nodes[i].history);
    }
}

static size_t bytes_from(const struct history_world *w, size_t from)
{
    size_t bytes = 0;

    for (size_t k = from; k < w->said_count; k++) {
        bytes += w->said[k].len;
    }
    return bytes;
}

/* ---- What it costs ---- */

static void say_many(struct history_world *w, size_t author, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        history_world_text(w, author, "a message as people write them, of some words");
        history_world_commit(w, author);
    }
}

static void repair_costs_what_is_missing(void **state)
{
    static const size_t missing[] = {1, 10, 500};
    struct history_world w;

    (void)state;
    history_world_init(&w, 6, 1, STORE_MEMORY);
    let_all_in(&w);
    for (size_t i = 0; i < 6; i++) {
        say_many(&w, i, 20);
    }
    history_world_share(&w);
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        size_t from = w.said_count;
        const struct repair_ask ask = about(w.group);

        say_many(&w, 0, missing[i]);
        /* One round trip when chains only grew, of whoever asks. */
        struct cost cost = talk(&w, i % 2, 1 - i % 2, &ask);
        assert_int_equal(cost.what[i % 2 == 0].took, missing[i]);
        assert_true(cost.turns <= (i % 2 == 0 ? 5 : 2));
        assert_true(cost.bytes <= 2 * bytes_from(&w, from) + 2500);
        history_world_share(&w);
    }
    /* Nothing is missing: nearly nothing is said. */
    struct cost cost = talk(&w, 0, 1, &all);
    assert_int_equal(cost.frames, 2);
    assert_true(cost.bytes < 64);
    history_world_clear(&w);
}

/* What two have is asked of one of them: the other tells only. One that is asked and gives nothing
 * does not hold the place for long. */
static void the_same_is_not_asked_of_two(void **state)
{
    struct history_world w;
    struct end ends[4];
    struct cost cost = {.bytes = 0};

    (void)state;
    for (size_t round = 0; round < 2; round++) {
        history_world_init(&w, 3, 12, STORE_MEMORY);
        let_all_in(&w);
        say_many(&w, 1, 20);
        for (size_t k = 0; k < w.said_count; k++) {
            (void)!history_world_feed(&w, 2, k);
        }
        struct repair *a = make(&w, &ends[0], 0, 1, &all);
        struct repair *b = make(&w, &ends[1], 1, 0, NULL);
        struct repair *c = make(&w, &ends[2], 0, 2, &all);
        struct repair *d = make(&w, &ends[3], 2, 0, NULL);
        struct repair_result what;
        bool is_over[2] = {false, false};

        assert_int_equal(carry(a, b, &cost), 1); /* the first has got its question */
        assert_int_equal(carry(b, a, &cost), 1);
        struct buf lost;
        buf_init(&lost, REPAIR_MSG_SIZE_MAX);
        assert_int_equal(repair_pull(a, &lost), 0);
        if (round == 1) { /* and that is all that ever happens in its talk */
            w.now += REPAIR_TAKER_NS + 1;
        } else {
            assert_int_equal(repair_feed(b, buf_span(&lost)), 0);
        }
        for (int i = 0; i < 100 && !is_over[1]; i++) {
            is_over[1] = carry(c, d, &cost) == WAVU_ERR_CLOSED;
            (void)carry(d, c, &cost);
        }
        for (int i = 0; i < 100 && !is_over[0] && round == 0; i++) {
            is_over[0] = carry(a, b, &cost) == WAVU_ERR_CLOSED;
            (void)carry(b, a, &cost);
        }
        repair_what(c, &what);
        assert_int_equal(what.is_put_off, round == 0);
        assert_int_equal(ends[0].values, round == 0 ? 20 : 0);
        assert_int_equal(ends[2].values, round == 0 ? 0 : 20);
        buf_clear(&lost);
        repair_free(a);
        repair_free(b);
        repair_free(c);
        repair_free(d);
        check_equal(&w);
        history_world_clear(&w);
    }
}

/* The peer says that a device of which nobody knows has spoken, and is asked what. */
static void tell_of_nobody(const struct history_world *w, struct repair *r)
{
    static const uint8_t hash[8] = {1};
    const struct repair_msg_row row = {.device = {0xee}, .sequence = 9};
    struct buf frame;
    struct wr w2;

    buf_init(&frame, REPAIR_MSG_SIZE_MAX);
    assert_int_equal(repair_msg_begin(&frame, REPAIR_MSG_HEAD_MAX + REPAIR_MSG_ROW_SIZE_MAX, &w2),
                     0);
    repair_msg_write(&w2,
                     &(struct repair_msg){.kind = REPAIR_CHAINS, .room = w->group, .hash = hash});
    repair_msg_write_row(&w2, &row);
    assert_int_equal(repair_msg_end(&frame, &w2), 0);
    assert_int_equal(repair_feed(r, buf_span(&frame)), 0);
    do {
        buf_clear(&frame);
        buf_init(&frame, REPAIR_MSG_SIZE_MAX);
    } while (repair_pull(r, &frame) == 0);
    buf_clear(&frame);
}

/* May what is missing at node 0 be asked of node 2 now? */
static bool may_ask_of_another(struct history_world *w)
{
    const struct repair_ask ask = about(w->group);
    struct end end;
    struct buf frame;
    struct repair_msg m;
    struct repair *r = make(w, &end, 0, 2, &ask);

    buf_init(&frame, REPAIR_MSG_SIZE_MAX);
    assert_int_equal(repair_pull(r, &frame), 0);
    assert_int_equal(repair_msg_read(&m, buf_span(&frame)), 0);
    assert_int_equal(m.kind, REPAIR_CHAINS);
    buf_clear(&frame);
    repair_free(r);
    return (m.flags & REPAIR_TELL) == 0;
}

/* Who is asked over and over and gives nothing holds the place no longer than who is asked once. */
static void asking_again_is_nothing_new(void **state)
{
    struct history_world w;
    struct end end;

    (void)state;
    history_world_init(&w, 3, 13, STORE_MEMORY);
    let_all_in(&w);
    struct repair *hostile = make(&w, &end, 0, 1, NULL);
    tell_of_nobody(&w, hostile);
    assert_false(may_ask_of_another(&w));
    for (uint64_t at = 0; at <= REPAIR_TAKER_NS; at += REPAIR_TAKER_NS / 4) {
        w.now += REPAIR_TAKER_NS / 4;
        tell_of_nobody(&w, hostile);
    }
    assert_true(may_ask_of_another(&w));
    repair_free(hostile);
    history_world_clear(&w);
}

/* ---- Whatever is missing ---- */

/* All say things and hear some of what others say; a hostile one forks its chain. */
static void talk_and_miss(struct history_world *w, size_t count, bool is_forking)
{
    for (size_t k = 0; k < count; k++) {
        size_t author = (size_t)random_below(&w->random, w->node_count);
        char text[32];

        (void)snprintf(text, sizeof text, "text %zu", k);
        if (is_forking && author == w->node_count - 1 && random_below(&w->random, 3) == 0) {
            const struct content c = {.kind = CONTENT_TEXT, .text = span_from_text(text)};
            static uint8_t bytes[CONTENT_SIZE_MAX];
            struct entry e = {.expiry = 0};
            struct wr out;

            wr_init(&out, span_mut_of(bytes, sizeof bytes));
            content_write(&out, &c);
            e.content = wr_span(&out);
            /* In the name of what another one knows of its chain. */
            size_t other = (size_t)random_below(&w->random, w->node_count);
            struct history_config *config = &w->nodes[other].history.config;
            uint8_t device[32];
            memcpy(device, config->device, 32);
            memcpy(config->device, w->nodes[author].pair.public_key, 32);
            assert_int_equal(history_draft(&w->nodes[other].history, w->group, &e), 0);
            memcpy(config->device, device, 32);
            size_t said = history_world_sign(w, author, &e);
            assert_int_equal(history_world_feed(w, other, said), 0);
            continue;
        }
        history_world_text(w, author, text);
        for (size_t i = 0; i < w->node_count; i++) {
            if (i != author && random_below(&w->random, 3) == 0) {
                (void)!history_world_feed(w, i, w->said_count - 1);
            }
        }
    }
    for (size_t i = 0; i < w->node_count; i++) {
        history_world_commit(w, i);
    }
}

static void talks_make_equal(uint64_t seed, bool is_forking)
{
    struct history_world w;
    const struct repair_ask ask = {.has_room = false};

    history_world_init(&w, 4, seed, STORE_MEMORY);
    let_all_in(&w);
    talk_and_miss(&w, 100, is_forking);
    for (size_t round = 0; round < 12; round++) {
        for (size_t i = 0; i < w.node_count; i++) {
            const struct repair_ask one = about(w.group);

            (void)talk(&w, i, (i + 1 + round % 3) % 4, round % 2 == 0 ? &one : &ask);
        }
    }
    check_equal(&w);
    history_world_clear(&w);
}

static void histories_become_equal_by_talks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        talks_make_equal(seed, false);
    }
}

static void forks_are_repaired(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        talks_make_equal(seed, true);
    }
}

/* The commit was full: the same comes again. */
static void what_finds_no_room_comes_again(void **state)
{
    struct history_world w;
    struct end ends[2];
    struct cost cost = {.bytes = 0};

    (void)state;
    history_world_init(&w, 2, 3, STORE_MEMORY);
    let_all_in(&w);
    say_many(&w, 0, 10);
    const struct repair_ask ask = about(w.group);
    struct repair *x = make(&w, &ends[0], 1, 0, &ask);
    struct repair *y = make(&w, &ends[1], 0, 1, NULL);
    ends[0].fails = WAVU_ERR_AGAIN;
    assert_int_equal(carry(x, y, &cost), 1);
    assert_int_equal(carry(y, x, &cost), 1);
    assert_int_equal(carry(x, y, &cost), WAVU_ERR_CLOSED);
    repair_free(x);
    repair_free(y);
    check_equal(&w);
    history_world_clear(&w);
}

/* ---- Who may have what ---- */

static void newcomers_get_no_content_from_before(void **state)
{
    struct history_world w;
    char shown[64];

    (void)state;
    history_world_init(&w, 4, 4, STORE_MEMORY);
    struct content joined = {.kind = CONTENT_JOINED};
    size_t before = history_world_text(&w, 0, "before");
    /* It is not known that it came in: nothing at all. */
    struct cost cost = talk(&w, 2, 0, &all);
    assert_int_equal(cost.values[0], 0);
    assert_true(cost.what[1].is_unjoined);
    /* It says so itself, and its friend, who is no longer there than it is: that does not count. */
    for (size_t i = 2; i < 4; i++) {
        joined.member = w.nodes[5 - i].member;
        joined.device = w.nodes[5 - i].pair.public_key;
        size_t said = history_world_write(&w, i, w.group, &joined, 0);
        assert_int_equal(history_world_feed(&w, 0, said), 0);
        joined.member = w.nodes[i].member;
        joined.device = w.nodes[i].pair.public_key;
        said = history_world_write(&w, i, w.group, &joined, 0);
        assert_int_equal(history_world_feed(&w, 0, said), 0);
    }
    cost = talk(&w, 2, 0, &all);
    assert_int_equal(cost.values[0], 0);
    assert_true(cost.what[1].is_unjoined);
    /* The founder lets node 1 in, that one node 2. */
    joined.member = w.nodes[1].member;
    joined.device = w.nodes[1].pair.public_key;
    history_world_write(&w, 0, w.group, &joined, 0);
    (void)talk(&w, 1, 0, &all);
    size_t between = history_world_text(&w, 1, "between");
    joined.member = w.nodes[2].member;
    joined.device = w.nodes[2].pair.public_key;
    history_world_write(&w, 1, w.group, &joined, 0);
    (void)talk(&w, 1, 0, &all);
    size_t after = history_world_text(&w, 0, "after");
    cost = talk(&w, 2, 0, &all);
    assert_true(cost.values[0] > 0);
    assert_false(cost.what[1].is_unjoined);
    history_world_shows(&w, 2, before, shown, sizeof shown);
    assert_string_equal(shown, "-");
    history_world_shows(&w, 2, between, shown, sizeof shown);
    assert_string_equal(shown, "-");
    history_world_shows(&w, 2, after, shown, sizeof shown);
    assert_string_equal(shown, "after");
    assert_int_equal(history_world_room(&w, 2)->last, w.said_count);
    history_world_clear(&w);
}

/* Who gave an entry had no content of it, being a newcomer itself: others have. */
static void content_is_asked_of_others(void **state)
{
    struct history_world w;
    struct content joined = {.kind = CONTENT_JOINED};
    size_t said[100];

    (void)state;
    history_world_init(&w, 3, 9, STORE_MEMORY);
    for (size_t i = 1; i < 3; i++) {
        joined.member = w.nodes[i].member;
        joined.device = w.nodes[i].pair.public_key;
        history_world_write(&w, 0, w.group, &joined, 0);
        for (size_t k = 0; k < 100 && i == 1; k++) {
            said[k] = history_world_text(&w, 0, "between");
            history_world_commit(&w, 0);
        }
    }
    (void)talk(&w, 2, 0, &all);
    (void)talk(&w, 1, 2, &all);
    assert_int_equal(history_world_room(&w, 1)->last, w.said_count);
    HISTORY_WORLD_SHOWS(&w, 1, said[0], "-");
    struct cost cost = talk(&w, 1, 2, &all); /* it has them not, again */
    assert_int_equal(cost.what[0].took, 0);
    cost = talk(&w, 1, 0, &all);
    assert_int_equal(cost.what[0].took, 100);
    for (size_t k = 0; k < 100; k++) {
        HISTORY_WORLD_SHOWS(&w, 1, said[k], "between");
    }
    cost = talk(&w, 1, 0, &all);
    assert_int_equal(cost.frames, 2); /* nothing is wanted any more */
    /* For the late one they are not: it does not ask for them. */
    cost = talk(&w, 2, 0, &all);
    assert_int_equal(cost.frames, 2);
    HISTORY_WORLD_SHOWS(&w, 2, said[0], "-");
    history_world_clear(&w);
}

/* What somebody does not have is asked for a few times, and is wanted all the same: of who has it
 * it comes, however often others were asked in vain. */
static void who_gives_no_content_costs_itself(void **state)
{
    struct history_world w;
    struct content joined = {.kind = CONTENT_JOINED};
    struct cost cost;
    size_t said[600];

    (void)state;
    history_world_init(&w, 3, 10, STORE_MEMORY);
    for (size_t i = 1; i < 3; i++) {
        joined.member = w.nodes[i].member;
        joined.device = w.nodes[i].pair.public_key;
        history_world_write(&w, 0, w.group, &joined, 0);
        for (size_t k = 0; k < 600 && i == 1; k++) {
            said[k] = history_world_text(&w, 0, "between");
            history_world_commit(&w, 0);
        }
    }
    (void)talk(&w, 2, 0, &all);
    (void)talk(&w, 1, 2, &all);
    for (size_t k = 0; k < 40; k++) {
        cost = talk(&w, 1, 2, &all);
        assert_int_equal(cost.what[0].bare_took, 0);
        assert_true(cost.what[0].bare_asked <= REPAIR_BARE_MAX * REPAIR_MSG_IDS_MAX);
    }
    cost = talk(&w, 1, 0, &all);
    assert_int_equal(cost.what[0].bare_took, 600);
    assert_true(cost.what[0].is_bare_done);
    HISTORY_WORLD_SHOWS(&w, 1, said[0], "between");
    HISTORY_WORLD_SHOWS(&w, 1, said[599], "between");
    cost = talk(&w, 1, 0, &all);
    assert_int_equal(cost.frames, 2);
    history_world_clear(&w);
}

/* One who has no contents does not keep those behind from being asked for: another talk goes on. */
static void asking_for_contents_goes_on(void **state)
{
    struct history_world w;
    struct end ends[2];
    struct repair_bare bare = {.is_due = true};
    size_t asked = 0;

    (void)state;
    history_world_init(&w, 2, 11, STORE_MEMORY);
    let_all_in(&w);
    for (size_t k = 0; k < 500; k++) {
        size_t one = history_world_text(&w, 0, "gone");

        assert_int_equal(history_world_feed_bare(&w, 1, one), 0);
        if (k < 499) {
            assert_int_equal(
                history_drop_end(history_world_room(&w, 0), history_world_room(&w, 0)->last), 0);
        }
        history_world_commit(&w, 0);
        history_world_commit(&w, 1);
    }
    for (size_t k = 0; k < 3 && bare.is_due; k++) {
        struct repair_config config = {.history = &w.nodes[1].history,
                                       .ask = &all,
                                       .bare = bare,
                                       .user = {.take = on_take, .lasting = on_lasting}};
        struct repair_result what;
        struct cost cost = {.bytes = 0};
        struct repair *y = make(&w, &ends[1], 0, 1, NULL);

        ends[0] = (struct end){.w = &w, .node = 1};
        config.user.context = &ends[0];
        memcpy(config.device, w.nodes[0].pair.public_key, 32);
        memcpy(config.member, w.nodes[0].member, 32);
        struct repair *x = repair_new(&config);
        while (carry(x, y, &cost) != WAVU_ERR_CLOSED) {
            (void)carry(y, x, &cost);
        }
        repair_what(x, &what);
        asked += what.bare_asked;
        bare = what.bare;
        assert_true(what.bare_took == 0 || k == 1);
        repair_free(x);
        repair_free(y);
    }
    assert_int_equal(asked, 500);
    HISTORY_WORLD_SHOWS(&w, 1, w.said_count - 1, "gone");
    history_world_clear(&w);
}

static void rooms_may_share_the_last(void **state)
{
    struct history_world w;
    struct content set = {
        .kind = CONTENT_ROOM_SET, .has_room = true, .room = {.name = UNIT_TEXT("all"), .share = 3}};
    size_t said[10];
    char shown[64];

    (void)state;
    history_world_init(&w, 2, 5, STORE_MEMORY);
    set.target = w.group;
    history_world_write(&w, 0, w.group, &set, 0);
    for (size_t k = 0; k < 10; k++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%zu", k);
        said[k] = history_world_text(&w, 0, text);
        history_world_about(&w, 0, said[k], CONTENT_REACTION, "x"); /* no message by itself */
    }
    const struct content joined = {
        .kind = CONTENT_JOINED, .member = w.nodes[1].member, .device = w.nodes[1].pair.public_key};
    history_world_write(&w, 0, w.group, &joined, 0);
    (void)talk(&w, 1, 0, &all);
    for (size_t k = 0; k < 10; k++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%zu", k);
        history_world_shows(&w, 1, said[k], shown, sizeof shown);
        assert_string_equal(shown, k < 7 ? "-" : text);
    }
    history_world_clear(&w);
}

/* Rooms that were made before and after somebody came in. */
static void named_rooms_follow(void **state)
{
    struct history_world w;
    struct content made = {.kind = CONTENT_ROOM, .has_room = true};
    const struct content text = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("in there")};
    const struct content joined = {.kind = CONTENT_JOINED, .member = NULL, .device = NULL};

    (void)state;
    history_world_init(&w, 2, 6, STORE_MEMORY);
    struct content in = joined;
    in.member = w.nodes[1].member;
    in.device = w.nodes[1].pair.public_key;
    made.room.name = UNIT_TEXT("old");
    const size_t old = history_world_write(&w, 0, w.group, &made, 0);
    history_world_write(&w, 0, w.said[old].id, &text, 0);
    history_world_write(&w, 0, w.group, &in, 0);
    made.room.name = UNIT_TEXT("new");
    const size_t new = history_world_write(&w, 0, w.group, &made, 0);
    history_world_write(&w, 0, w.said[new].id, &text, 0);
    (void)talk(&w, 1, 0, &all);
    struct cost cost = talk(&w, 1, 0, &all); /* now it knows the rooms */
    const struct history_room *a = history_room(&w.nodes[1].history, w.said[old].id);
    const struct history_room *b = history_room(&w.nodes[1].history, w.said[new].id);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(a->last, 0); /* nobody has said that it came in there */
    assert_true(cost.what[1].is_unjoined);
    assert_memory_equal(cost.what[1].room, w.said[old].id, 32);
    assert_int_equal(b->last, 1);
    assert_int_equal(b->unread, 1);
    assert_int_equal(
        history_give_is_joined(history_room(&w.nodes[0].history, w.said[old].id), in.device), 0);
    history_world_write(&w, 0, w.said[old].id, &in, 0);
    history_world_write(&w, 0, w.said[old].id, &text, 0);
    (void)talk(&w, 1, 0, &all);
    assert_int_equal(a->last, 3);
    assert_int_equal(a->unread, 1);
    history_world_clear(&w);
}

/* ---- Hostile ones ---- */

static void who_breaks_the_rules_is_left(void **state)
{
    struct history_world w;
    struct end e;
    struct buf out;
    uint8_t bytes[200];

    (void)state;
    history_world_init(&w, 2, 7, STORE_MEMORY);
    let_all_in(&w);
    size_t one = history_world_text(&w, 0, "one");
    buf_init(&out, REPAIR_MSG_SIZE_MAX);
    struct repair *r = make(&w, &e, 1, 0, NULL);
    bytes[0] = REPAIR_DONE;
    bytes[1] = 0;
    assert_int_equal(repair_feed(r, span_of(bytes, 2)), WAVU_ERR_PROTO); /* nobody asked */
    bytes[0] = REPAIR_VALUE;
    assert_int_equal(repair_feed(r, span_of(bytes, 100)), WAVU_ERR_PROTO);
    bytes[0] = 77; /* of a newer wavu */
    assert_int_equal(repair_feed(r, span_of(bytes, 100)), 0);
    assert_int_equal(repair_feed(r, span_empty()), WAVU_ERR_PROTO);
    repair_free(r);

    /* A forged value. */
    const struct repair_ask ask = about(w.group);
    r = make(&w, &e, 1, 0, &ask);
    assert_int_equal(repair_pull(r, &out), 0);
    static uint8_t value[2000];
    value[0] = REPAIR_VALUE;
    value[1] = 0;
    memcpy(value + 2, w.said[one].bytes, w.said[one].len);
    value[2 + w.said[one].len - 1] ^= 1;
    assert_int_equal(repair_feed(r, span_of(value, 2 + w.said[one].len)), WAVU_ERR_CRYPTO);
    value[2 + w.said[one].len - 1] ^= 1;
    assert_int_equal(repair_feed(r, span_of(value, 2 + w.said[one].len)), 0);
    HISTORY_WORLD_SHOWS(&w, 1, one, "one");
    repair_free(r);

    /* Questions without end. */
    r = make(&w, &e, 0, 1, NULL);
    bytes[0] = REPAIR_WANT;
    memcpy(bytes + 1, w.group, 32);
    size_t count = 0;
    while (repair_feed(r, span_of(bytes, 33)) == 0 && count < 10000) {
        count++;
        buf_clear(&out);
        (void)!repair_pull(r, &out);
    }
    assert_int_equal(count, REPAIR_ASKED_MAX);
    repair_free(r);

    /* A newer wavu may say something else now and then, not for ever. */
    r = make(&w, &e, 0, 1, NULL);
    bytes[0] = 77;
    for (count = 0; repair_feed(r, span_of(bytes, 33)) == 0 && count < 10000; count++) {
    }
    assert_int_equal(count, REPAIR_UNKNOWN_MAX);
    repair_free(r);
    buf_clear(&out);
    history_world_clear(&w);
}

/* Whatever comes: nothing of it is believed, and nothing breaks. */
static void noise_does_nothing(void **state)
{
    struct history_world w;
    struct buf out;

    (void)state;
    history_world_init(&w, 2, 8, STORE_MEMORY);
    let_all_in(&w);
    say_many(&w, 0, 5);
    const uint64_t last = history_world_room(&w, 0)->last;
    for (size_t k = 0; k < 3000; k++) {
        struct end e;
        const struct repair_ask ask = about(w.group);
        struct repair *r = make(&w, &e, 0, 1, k % 2 == 0 ? &ask : NULL);
        uint8_t bytes[300];
        int rc = 0;

        for (size_t n = 0; rc == 0 && n < 8; n++) {
            random_fill(&w.random, bytes, sizeof bytes);
            bytes[0] = (uint8_t)(1 + random_below(&w.random, 5));
            if (random_below(&w.random, 2) == 0) {
                memcpy(bytes + 1 + (bytes[0] == REPAIR_CHAINS), w.group, 32);
            }
            rc = repair_feed(r, span_of(bytes, random_below(&w.random, sizeof bytes)));
            buf_init(&out, REPAIR_MSG_SIZE_MAX);
            (void)!repair_pull(r, &out);
            buf_clear(&out);
        }
        repair_free(r);
    }
    assert_int_equal(history_world_room(&w, 0)->last, last);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(repair_costs_what_is_missing),
        UNIT(the_same_is_not_asked_of_two),
        UNIT(asking_again_is_nothing_new),
        UNIT(histories_become_equal_by_talks),
        UNIT(forks_are_repaired),
        UNIT(what_finds_no_room_comes_again),
        UNIT(newcomers_get_no_content_from_before),
        UNIT(content_is_asked_of_others),
        UNIT(who_gives_no_content_costs_itself),
        UNIT(asking_for_contents_goes_on),
        UNIT(rooms_may_share_the_last),
        UNIT(named_rooms_follow),
        UNIT(who_breaks_the_rules_is_left),
        UNIT(noise_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
