/* Direct chats: one order from any arrival, gaps, wishes, lies. */
#include "chat/history_direct.h"

#include "tests/chat/history_shown.h"

#define SAID_MAX 1000

struct message {
    uint8_t bytes[512];
    size_t len;
    size_t author; /* node */
    uint8_t id[32];
};

static struct message said[SAID_MAX];
static size_t said_count;

/* Nodes 0 and 1 are devices of one person, 2 and 3 of the other. */
static size_t person_of(size_t i)
{
    return i / 2;
}

static void begin(struct history_world *w, uint64_t seed, enum store_kind kind)
{
    said_count = 0;
    history_world_init(w, 4, seed, kind);
    for (size_t i = 0; i < 4; i++) {
        memset(w->nodes[i].member, (int)(1 + person_of(i)), 32);
        history_clear(&w->nodes[i].history);
        history_world_open(w, i);
    }
}

static int take(struct history_world *w, size_t i, size_t k)
{
    struct direct d;
    const struct history_direct_said one = {.direct = &d,
                                            .member = w->nodes[said[k].author].member,
                                            .other = w->nodes[i < 2 ? 2 : 0].member};

    assert_int_equal(direct_read(&d, span_of(said[k].bytes, said[k].len)), 0);
    direct_id(said[k].id, d.chat, d.body);
    int rc = history_direct_take(&w->nodes[i].history, w->now, &one);

    history_world_drain(&w->nodes[i]);
    return rc;
}

static size_t put(const struct direct *d, size_t author)
{
    struct message *m = &said[said_count];
    struct wr out;

    assert_true(said_count < SAID_MAX);
    wr_init(&out, span_mut_of(m->bytes, sizeof m->bytes));
    direct_write(&out, d);
    assert_int_equal(wr_finish(&out), 0);
    m->len = out.len;
    m->author = author;
    return said_count++;
}

static size_t say_content(struct history_world *w, size_t i, const struct content *c)
{
    uint8_t bytes[256];
    struct direct d;
    struct wr out;

    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    content_write(&out, c);
    assert_int_equal(history_direct_draft(&w->nodes[i].history, w->nodes[i < 2 ? 2 : 0].member, &d),
                     0);
    d.content = wr_span(&out);
    size_t k = put(&d, i);

    assert_int_equal(take(w, i, k), 0);
    return k;
}

static size_t say(struct history_world *w, size_t i, const char *text)
{
    const struct content c = {.kind = CONTENT_TEXT, .text = span_from_text(text)};

    return say_content(w, i, &c);
}

static struct history_room *chat_of(struct history_world *w, size_t i)
{
    uint8_t id[32];

    direct_chat_id(id, w->network, w->nodes[0].member, w->nodes[2].member);
    return history_room(&w->nodes[i].history, id);
}

static void view(struct history_world *w, size_t i, uint8_t out[32])
{
    static struct history_message m;
    struct history_item items[9];
    struct history_page page = {.at = {.height = UINT64_MAX}, .items = items, .max = 9};

    memset(out, 0, 32);
    do {
        assert_int_equal(history_view_page(chat_of(w, i), &page), 0);
        for (size_t k = 0; k < page.count; k++) {
            assert_int_equal(history_view_get(chat_of(w, i), items[k].at.id, &m), 0);
            history_world_hash(out, m.at.id, 32);
            history_world_hash(out, m.fold.content.text.ptr, m.fold.content.text.len);
            history_view_clear(&m);
        }
    } while (!page.is_end);
}

static void test_chats_become_equal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct history_world w;
        uint8_t views[4][32];

        begin(&w, seed, seed <= 4 ? STORE_MEMORY : STORE_DISK);
        for (size_t n = 0; n < 150; n++) {
            size_t i = (size_t)random_below(&w.random, 4);
            size_t target = n == 0 ? 0 : (size_t)random_below(&w.random, said_count);
            const struct content c = {.kind = random_below(&w.random, 2) == 0 ? CONTENT_EDIT
                                                                              : CONTENT_DELETE,
                                      .text = UNIT_TEXT("edited"),
                                      .target = said[target].id};
            size_t k = n > 0 && random_below(&w.random, 4) == 0 ? say_content(&w, i, &c)
                                                                : say(&w, i, "text");

            for (size_t o = 0; o < 4; o++) {
                if (o != i && random_below(&w.random, 2) == 0) {
                    assert_int_equal(take(&w, o, k), 0);
                }
            }
        }
        for (size_t i = 0; i < 4; i++) { /* the rest backwards, some twice */
            for (size_t k = said_count; k > 0; k--) {
                int rc = take(&w, i, k - 1);

                assert_true(rc == 0 || rc == WAVU_ERR_EXISTS);
                assert_int_equal(take(&w, i, k - 1), WAVU_ERR_EXISTS);
                if (seed > 4 && k % 40 == 0) {
                    history_world_commit(&w, i);
                    history_world_restart(&w, i, true);
                }
            }
            view(&w, i, views[i]);
            assert_memory_equal(views[i], views[0], 32);
        }
        history_world_clear(&w);
    }
}

static void test_gaps_are_known(void **state)
{
    struct history_world w;
    struct direct want;
    struct direct out;
    struct buf bytes;
    uint32_t device = 0;

    (void)state;
    begin(&w, 10, STORE_MEMORY);
    buf_init(&bytes, STORE_VALUE_MAX);
    for (size_t n = 0; n < 10; n++) {
        say(&w, 0, "text");
    }
    for (size_t k = 0; k < 10; k++) {
        if (k < 2 || k == 6) {
            assert_int_equal(take(&w, 2, k), 0);
        }
    }
    assert_int_equal(history_direct_gap(chat_of(&w, 2), &device, &want), 0);
    assert_true(want.sequence == 3 && want.last == 6);
    assert_memory_equal(want.device, w.nodes[0].pair.public_key, 32);
    assert_int_equal(history_direct_gap(chat_of(&w, 2), &device, &want), WAVU_ERR_NOT_FOUND);

    /* Another device of either person gives what is missing, as it came. */
    for (size_t k = 0; k < 10; k++) {
        assert_int_equal(take(&w, 1, k), 0);
    }
    device = 0;
    assert_int_equal(history_direct_gap(chat_of(&w, 2), &device, &want), 0);
    size_t given = 0;
    while (history_direct_give(chat_of(&w, 1), &want, &out, &bytes) == 0) {
        size_t k = put(&out, 0);

        assert_int_equal(take(&w, 2, k), 0);
        assert_memory_equal(said[k].id, said[2 + given].id, 32);
        given++;
    }
    assert_int_equal(given, 4);
    device = 0;
    assert_int_equal(history_direct_gap(chat_of(&w, 2), &device, &want), WAVU_ERR_NOT_FOUND);
    for (size_t k = 7; k < 10; k++) {
        assert_int_equal(take(&w, 2, k), 0);
    }
    uint8_t a[32];
    uint8_t b[32];

    view(&w, 0, a);
    view(&w, 2, b);
    assert_memory_equal(a, b, 32);
    buf_clear(&bytes);
    history_world_clear(&w);
}

static void test_lies_are_refused(void **state)
{
    struct history_world w;
    struct direct d;

    (void)state;
    begin(&w, 11, STORE_MEMORY);
    say(&w, 0, "one");
    assert_int_equal(take(&w, 2, 0), 0);
    /* Another one at the same sequence. */
    assert_int_equal(direct_read(&d, span_of(said[0].bytes, said[0].len)), 0);
    d.body = span_empty();
    d.height = 7;
    assert_int_equal(take(&w, 2, put(&d, 0)), WAVU_ERR_CRYPTO);
    /* A chat that is not theirs. */
    d.chat[0] ^= 1;
    d.sequence = 2;
    assert_int_equal(take(&w, 2, put(&d, 0)), WAVU_ERR_INVALID);
    assert_int_equal(chat_of(&w, 2)->last, 1);

    /* A height out of all proportion stands at the end, and ours do not follow it. */
    d.chat[0] ^= 1;
    d.height = DIRECT_HEIGHT_MAX;
    assert_int_equal(take(&w, 2, put(&d, 0)), 0);
    assert_int_equal(history_direct_draft(&w.nodes[2].history, w.nodes[0].member, &d), 0);
    assert_int_equal(d.height, 2);
    history_world_clear(&w);
}

/* A direct message ends, and nothing of it is handed on. */
static void test_expired_direct_messages_are_gone(void **state)
{
    struct history_world w;
    struct direct d;
    struct direct want = {.sequence = 1, .last = 1};
    struct buf bytes;
    bool is_more = false;

    (void)state;
    begin(&w, 12, STORE_MEMORY);
    buf_init(&bytes, STORE_VALUE_MAX);
    assert_int_equal(history_direct_draft(&w.nodes[0].history, w.nodes[2].member, &d), 0);
    d.content = UNIT_TEXT("\x08\x01\x12\x06secret");
    d.expiry = 30;
    size_t k = put(&d, 0);
    assert_int_equal(take(&w, 0, k), 0);
    assert_int_equal(take(&w, 2, k), 0);
    w.now += 30 * HISTORY_WORLD_SECOND;
    assert_int_equal(history_due_tick(&w.nodes[2].history, w.now, &is_more), 0);
    assert_int_equal(history_view_stored(chat_of(&w, 2), said[k].id, &bytes), WAVU_ERR_NOT_FOUND);
    memcpy(want.device, d.device, 32);
    assert_int_equal(history_direct_give(chat_of(&w, 2), &want, &d, &bytes), WAVU_ERR_NOT_FOUND);
    assert_int_equal(take(&w, 2, k), WAVU_ERR_EXISTS);
    assert_int_equal(chat_of(&w, 2)->unread, 0);
    buf_clear(&bytes);
    history_world_clear(&w);
}

/* An edit that comes before what it is about, and ends before that: it ends when it comes. */
static void test_what_comes_behind_the_end_of_its_edit_has_ended(void **state)
{
    struct history_world w;
    static struct history_message m;
    uint8_t bytes[256];
    struct direct d;
    struct wr out;
    bool is_more = false;

    (void)state;
    begin(&w, 14, STORE_MEMORY);
    const size_t first = say(&w, 0, "secret");
    const struct content c = {
        .kind = CONTENT_EDIT, .text = UNIT_TEXT("softer"), .target = said[first].id};

    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    content_write(&out, &c);
    assert_int_equal(history_direct_draft(&w.nodes[0].history, w.nodes[2].member, &d), 0);
    d.content = wr_span(&out);
    d.expiry = 30;
    const size_t edit = put(&d, 0);

    assert_int_equal(take(&w, 2, edit), 0);
    w.now += 30 * HISTORY_WORLD_SECOND;
    assert_int_equal(history_due_tick(&w.nodes[2].history, w.now, &is_more), 0);
    assert_int_equal(take(&w, 2, first), 0);
    assert_int_equal(history_view_get(chat_of(&w, 2), said[first].id, &m), 0);
    assert_true(m.is_gone);
    assert_int_equal(chat_of(&w, 2)->unread, 0);
    history_view_clear(&m);
    history_world_clear(&w);
}

/* A thousand messages, the first one last: what that costs in one go is bounded, and in the end
 * all of them count. */
static void test_what_was_behind_a_gap_counts_in_steps(void **state)
{
    struct history_world w;
    struct direct want;
    uint32_t device = 0;
    size_t steps = 0;
    int rc = 0;

    (void)state;
    begin(&w, 13, STORE_MEMORY);
    for (size_t n = 0; n < 3 * HISTORY_DIRECT_STEPS; n++) {
        say(&w, 0, "text");
        if (n > 0) {
            assert_int_equal(take(&w, 2, n), 0);
        }
        if (n % 100 == 0) {
            history_world_commit(&w, 0);
            history_world_commit(&w, 2);
        }
    }
    assert_int_equal(take(&w, 2, 0), 0);
    for (rc = WAVU_ERR_AGAIN; rc == WAVU_ERR_AGAIN; steps++) {
        rc = history_direct_gap(chat_of(&w, 2), &device, &want);
    }
    assert_int_equal(rc, WAVU_ERR_NOT_FOUND); /* they are no gap */
    assert_int_equal(steps, 3);
    device = 0; /* it is known now */
    assert_int_equal(history_direct_gap(chat_of(&w, 2), &device, &want), WAVU_ERR_NOT_FOUND);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_chats_become_equal),
        UNIT(test_gaps_are_known),
        UNIT(test_lies_are_refused),
        UNIT(test_expired_direct_messages_are_gone),
        UNIT(test_what_comes_behind_the_end_of_its_edit_has_ended),
        UNIT(test_what_was_behind_a_gap_counts_in_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
