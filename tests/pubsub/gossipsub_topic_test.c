/* Topics, who is in them, and what is remembered of them. */
#include "pubsub/gossipsub_topic.h"

#include "tests/base/unit.h"

static struct random_seeded seeded;
static struct random source;
static struct gossipsub_topics topics;

static void begin(void)
{
    random_seeded_init(&seeded, 1);
    source = random_from_seeded(&seeded);
    gossipsub_topic_init(&topics, &source);
}

static struct gossipsub_topic *need(const char *name)
{
    return gossipsub_topic_need(&topics, span_from_text(name), false);
}

static void leave_all(struct gossipsub_peer *p)
{
    while (p->edge_count > 0) {
        gossipsub_topic_exit(&topics, p->edges[0]);
    }
    gossipsub_peer_clear(p);
}

static void a_topic_lives_while_something_holds_it(void **state)
{
    (void)state;
    struct gossipsub_peer p;
    begin();
    gossipsub_peer_init(&p);
    struct gossipsub_topic *t = need("news");
    assert_ptr_equal(need("news"), t);
    struct gossipsub_edge *e = gossipsub_topic_enter(&topics, t, &p);
    assert_ptr_equal(gossipsub_topic_edge(t, &p), e);
    gossipsub_topic_join(&topics, t);
    gossipsub_topic_check(&topics);
    gossipsub_topic_exit(&topics, e);
    assert_ptr_equal(gossipsub_topic_get(&topics, UNIT_TEXT("news")), t);
    gossipsub_topic_back_off(t, 1, 1000);
    gossipsub_topic_leave(&topics, t);
    gossipsub_topic_release(&topics, t);
    assert_ptr_equal(gossipsub_topic_get(&topics, UNIT_TEXT("news")), t);
    gossipsub_topic_forget(t, 1000, 0);
    gossipsub_topic_release(&topics, t);
    assert_null(gossipsub_topic_get(&topics, UNIT_TEXT("news")));
    assert_int_equal(topics.memory, 0);
    leave_all(&p);
    gossipsub_topic_clear(&topics);
}

/* Peers come, go, enter the front and leave it in any order. */
static void the_front_stands_first(void **state)
{
    (void)state;
    static struct gossipsub_peer peers[20];
    bool in_front[20] = {false};
    begin();
    struct gossipsub_topic *t = need("news");
    gossipsub_topic_join(&topics, t);
    for (size_t i = 0; i < 20; i++) {
        gossipsub_peer_init(&peers[i]);
    }
    for (unsigned step = 0; step < 5000; step++) {
        size_t i = (size_t)random_below(&source, 20);
        struct gossipsub_edge *e = gossipsub_topic_edge(t, &peers[i]);
        if (e == NULL) {
            assert_non_null(gossipsub_topic_enter(&topics, t, &peers[i]));
        } else if (random_below(&source, 3) == 0) {
            gossipsub_topic_exit(&topics, e);
            in_front[i] = false;
        } else if (in_front[i]) {
            gossipsub_topic_from_front(e);
            in_front[i] = false;
        } else {
            gossipsub_topic_to_front(e);
            in_front[i] = true;
        }
        gossipsub_topic_check(&topics);
        size_t front = 0;
        for (size_t k = 0; k < 20; k++) {
            e = gossipsub_topic_edge(t, &peers[k]);
            assert_int_equal(e != NULL && gossipsub_topic_is_front(e), in_front[k]);
            front += in_front[k] ? 1 : 0;
        }
        assert_int_equal(t->front, front);
    }
    for (size_t i = 0; i < 20; i++) {
        leave_all(&peers[i]);
    }
    gossipsub_topic_leave(&topics, t);
    gossipsub_topic_release(&topics, t);
    gossipsub_topic_clear(&topics);
}

static void one_peer_is_bounded(void **state)
{
    (void)state;
    struct gossipsub_peer p;
    char name[300];
    size_t kept = 0;
    begin();
    gossipsub_peer_init(&p);
    for (unsigned i = 0; i < 2 * GOSSIPSUB_PEER_TOPICS_MAX; i++) {
        (void)snprintf(name, sizeof name, "t%u", i);
        struct gossipsub_topic *t = need(name);
        kept += gossipsub_topic_enter(&topics, t, &p) != NULL ? 1 : 0;
        gossipsub_topic_release(&topics, t);
    }
    assert_int_equal(kept, GOSSIPSUB_PEER_TOPICS_MAX);
    assert_int_equal(topics.by_name.count, kept);
    leave_all(&p);
    gossipsub_peer_init(&p);
    kept = 0;
    for (unsigned i = 0; i < GOSSIPSUB_PEER_TOPICS_MAX; i++) {
        (void)snprintf(name, sizeof name, "%0256u", i);
        struct gossipsub_topic *t = need(name);
        kept += gossipsub_topic_enter(&topics, t, &p) != NULL ? 1 : 0;
        gossipsub_topic_release(&topics, t);
    }
    assert_int_equal(kept, GOSSIPSUB_PEER_NAMES_MAX / 256);
    gossipsub_topic_check(&topics);
    leave_all(&p);
    assert_int_equal(topics.by_name.count, 0);
    gossipsub_topic_clear(&topics);
}

/* Many peers fill the table of what only others are in; a topic that we join still has room. */
static void others_topics_leave_room_for_ours(void **state)
{
    (void)state;
    size_t count = GOSSIPSUB_TOPIC_EDGES_MAX / GOSSIPSUB_PEER_TOPICS_MAX + 1;
    struct gossipsub_peer *peers = mem_new_array(count, sizeof *peers);
    char name[32];
    begin();
    for (size_t i = 0; i < count; i++) {
        gossipsub_peer_init(&peers[i]);
        for (unsigned k = 0; k < GOSSIPSUB_PEER_TOPICS_MAX; k++) {
            (void)snprintf(name, sizeof name, "%zu.%u", i % 40, k);
            struct gossipsub_topic *t = need(name);
            if (t != NULL && gossipsub_topic_enter(&topics, t, &peers[i]) == NULL) {
                gossipsub_topic_release(&topics, t);
            }
        }
    }
    assert_int_equal(topics.by_name.count, GOSSIPSUB_TOPIC_COUNT_MAX);
    assert_null(need("one more"));
    struct gossipsub_topic *ours = gossipsub_topic_need(&topics, UNIT_TEXT("ours"), true);
    assert_non_null(ours);
    gossipsub_topic_join(&topics, ours);
    gossipsub_topic_exit(&topics, peers[0].edges[0]);
    assert_non_null(gossipsub_topic_enter(&topics, ours, &peers[0]));
    assert_true(topics.other_edges <= GOSSIPSUB_TOPIC_EDGES_MAX);
    assert_true(gossipsub_topic_memory(&topics) < 24u * 1024 * 1024);
    for (size_t i = 0; i < count; i++) {
        leave_all(&peers[i]);
    }
    gossipsub_topic_leave(&topics, ours);
    gossipsub_topic_release(&topics, ours);
    gossipsub_topic_clear(&topics);
    mem_free(peers);
}

static void backoffs_are_bounded_and_only_grow(void **state)
{
    (void)state;
    begin();
    struct gossipsub_topic *t = need("news");
    gossipsub_topic_back_off(t, 7, 1000);
    gossipsub_topic_back_off(t, 7, 500);
    assert_int_equal(gossipsub_topic_backoff(t, 7), 1000);
    gossipsub_topic_back_off(t, 7, 1500);
    assert_int_equal(gossipsub_topic_backoff(t, 7), 1500);
    assert_int_equal(gossipsub_topic_backoff(t, 8), 0);
    for (uint64_t i = 0; i < 2 * GOSSIPSUB_TOPIC_BACKOFF_MAX; i++) {
        gossipsub_topic_back_off(t, 100 + i, 2000);
    }
    assert_int_equal(t->backoff.count, GOSSIPSUB_TOPIC_BACKOFF_MAX);
    gossipsub_topic_forget(t, 2999, 1000);
    assert_int_equal(t->backoff.count, GOSSIPSUB_TOPIC_BACKOFF_MAX);
    gossipsub_topic_forget(t, 3000, 1000);
    assert_int_equal(t->backoff.count, 0);
    gossipsub_topic_release(&topics, t);
    gossipsub_topic_clear(&topics);
}

static void numbers_of_topics_are_taken_again(void **state)
{
    (void)state;
    char name[16];
    begin();
    for (unsigned i = 0; i < GOSSIPSUB_JOINED_MAX; i++) {
        (void)snprintf(name, sizeof name, "t%u", i);
        struct gossipsub_topic *t = need(name);
        gossipsub_topic_join(&topics, t);
        assert_int_equal(t->number, i);
    }
    struct gossipsub_topic *t = need("t77");
    gossipsub_topic_leave(&topics, t);
    gossipsub_topic_release(&topics, t);
    t = need("again");
    gossipsub_topic_join(&topics, t);
    assert_int_equal(t->number, 77);
    for (struct list *l; (l = list_next(&topics.joined, &topics.joined)) != NULL;) {
        t = LIST_OF(l, struct gossipsub_topic, link);
        gossipsub_topic_leave(&topics, t);
        gossipsub_topic_release(&topics, t);
    }
    gossipsub_topic_clear(&topics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_topic_lives_while_something_holds_it),
        UNIT(the_front_stands_first),
        UNIT(one_peer_is_bounded),
        UNIT(others_topics_leave_room_for_ours),
        UNIT(backoffs_are_bounded_and_only_grow),
        UNIT(numbers_of_topics_are_taken_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
