/*
 * A lasting connection: many questions, events as they come, and nodes that die, babble or say
 * nothing.
 */
#include "apps/rpc/rpc_link.h"

#include <poll.h>

#include "apps/rpc/jsonrpc.h"
#include "os/ipc_path.h"
#include "tests/apps/rpc/talk.h"

/* What a link told. */
static struct told {
    int ready;
    int events;
    json_int_t last; /* number of the last event */
    int down;
    int down_err;
} told;

static void on_ready(void *context)
{
    ((struct told *)context)->ready++;
}

static void on_event(void *context, const json_t *event)
{
    struct told *t = context;
    t->events++;
    t->last = json_integer_value(json_object_get(event, "number"));
}

static void on_down(void *context, int err)
{
    struct told *t = context;
    t->down++;
    t->down_err = err;
}

static const struct rpc_link_user user = {on_ready, on_event, on_down};
static const struct rpc_link_user deaf = {NULL, NULL, on_down};
static struct rpc_link *node_link;
static uint64_t now_ms = 1000;

/* One round of a program's loop: the real clock stands still. */
static int turn(int wait_ms)
{
    struct rpc_link_wait waits[RPC_LINK_FDS];
    struct pollfd fds[RPC_LINK_FDS];
    size_t count = rpc_link_waits(node_link, waits);
    for (size_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = waits[i].fd,
                                 .events = (short)(POLLIN | (waits[i].wants_writes ? POLLOUT : 0))};
    }
    (void)poll(fds, (nfds_t)count, rpc_link_wait_ms(node_link, now_ms) == 0 ? 0 : wait_ms);
    return rpc_link_pump(node_link, now_ms);
}

#define UNTIL(condition)                                                                           \
    for (int rounds = 0; !(condition); rounds++) {                                                 \
        assert_true(rounds < 10000);                                                               \
        (void)turn(1000);                                                                          \
    }

struct heard {
    int count;
    int err;
    char text[64];
};

static void on_answer(void *context, const struct rpc_link_answer *answer)
{
    struct heard *h = context;
    h->count++;
    h->err = answer->err;
    (void)snprintf(h->text, sizeof h->text, "%s",
                   answer->err == 0 && json_is_string(answer->result)
                       ? json_string_value(answer->result)
                       : answer->sentence);
}

static void begin(const struct rpc_link_user *who)
{
    told = (struct told){.ready = 0};
    assert_int_equal(rpc_link_open(talk_path, who, &told, &node_link), 0);
}

static void ask(const char *method, json_t *params, struct heard *heard)
{
    assert_int_equal(rpc_link_ask_take(node_link, method, params, on_answer, heard), 0);
}

static void many_questions_are_under_way(void **state)
{
    struct heard heard[RPC_LINK_ASKED_MAX] = {{0}};
    struct heard more = {0};
    (void)state;
    begin(&deaf);
    for (int i = 0; i < RPC_LINK_ASKED_MAX; i++) {
        ask(i % 2 == 0 ? "hello" : "absent", NULL, &heard[i]);
    }
    assert_int_equal(rpc_link_asked(node_link), RPC_LINK_ASKED_MAX);
    assert_int_equal(rpc_link_ask_take(node_link, "hello", json_object(), on_answer, &more),
                     WAVU_ERR_LIMIT);
    UNTIL(rpc_link_asked(node_link) == 0);
    for (int i = 0; i < RPC_LINK_ASKED_MAX; i++) {
        assert_int_equal(heard[i].count, 1);
        assert_int_equal(heard[i].err, i % 2 == 0 ? 0 : WAVU_ERR_UNSUPPORTED);
        assert_int_equal(strcmp(heard[i].text, "hello") == 0, i % 2 == 0);
        assert_true(heard[i].text[0] != '\0');
    }
    assert_int_equal(more.count, 0);
    rpc_link_close(node_link);
}

/* A callback asks on. */
static void on_chain(void *context, const struct rpc_link_answer *answer)
{
    int *left = context;
    assert_int_equal(answer->err, 0);
    if (--*left > 0) {
        assert_int_equal(rpc_link_ask_take(node_link, "hello", NULL, on_chain, left), 0);
    }
}

static void an_answer_may_ask_on(void **state)
{
    int left = 20;
    (void)state;
    begin(&deaf);
    assert_int_equal(rpc_link_ask_take(node_link, "hello", NULL, on_chain, &left), 0);
    UNTIL(left == 0);
    rpc_link_close(node_link);
}

static void a_question_may_be_too_long(void **state)
{
    static char words[JSONRPC_LINE_MAX];
    struct heard heard = {0};
    (void)state;
    begin(&deaf);
    memset(words, 'w', sizeof words - 1);
    assert_int_equal(
        rpc_link_ask_take(node_link, "hello", json_pack("{s:s}", "w", words), on_answer, &heard),
        WAVU_ERR_LIMIT);
    ask("hello", NULL, &heard); /* and the link is as good as before */
    UNTIL(heard.count == 1);
    assert_int_equal(heard.err, 0);
    rpc_link_close(node_link);
}

/* Questions do not cut the wait for events short, nor the other way round. */
static void events_come_beside_answers(void **state)
{
    struct heard heard = {0};
    (void)state;
    begin(&user);
    UNTIL(told.ready == 1);
    for (int i = 1; i <= 5; i++) {
        ask("hello", NULL, &heard);
        ask("happen", json_pack("{s:i}", "count", 1), &heard);
        UNTIL(told.events == i && heard.count == 2 * i);
        assert_int_equal(told.last, i);
    }
    assert_int_equal(told.ready, 1);
    assert_int_equal(rpc_link_wait_ms(node_link, now_ms), -1);
    rpc_link_close(node_link);
    begin(&user); /* what was is not told again */
    UNTIL(told.ready == 1);
    ask("happen", json_pack("{s:i}", "count", 2), &heard);
    UNTIL(told.events == 2);
    assert_int_equal(told.last, 7);
    rpc_link_close(node_link);
}

static void lost_events_make_one_look_anew(void **state)
{
    struct heard heard = {0};
    (void)state;
    begin(&user);
    UNTIL(told.ready == 1);
    ask("happen", json_pack("{s:i}", "count", TALK_EVENTS_KEPT + 3), &heard);
    UNTIL(told.events == TALK_EVENTS_KEPT);
    assert_int_equal(told.ready, 2);
    assert_int_equal(told.last, TALK_EVENTS_KEPT + 3);
    rpc_link_close(node_link);
}

/* A node that is locked, or starts, has no events yet. */
static void events_are_asked_for_until_there_are_any(void **state)
{
    struct heard heard = {0};
    (void)state;
    begin(&deaf);
    ask("happen", json_pack("{s:b}", "none", 1), &heard);
    UNTIL(heard.count == 1);
    rpc_link_close(node_link);
    begin(&user);
    UNTIL(rpc_link_wait_ms(node_link, now_ms) == RPC_LINK_RETRY_MS);
    ask("happen", json_pack("{s:b}", "none", 0), &heard);
    UNTIL(heard.count == 2);
    assert_int_equal(told.ready, 0);
    now_ms += RPC_LINK_RETRY_MS;
    UNTIL(told.ready == 1);
    assert_int_equal(told.down, 0);
    rpc_link_close(node_link);
}

static void a_node_that_dies_is_said_once(void **state)
{
    struct heard heard[3] = {{0}};
    (void)state;
    begin(&user);
    UNTIL(told.ready == 1);
    ask("hang", NULL, &heard[0]);
    ask("hello", NULL, &heard[1]);
    assert_int_equal(turn(0), 0);
    assert_int_equal(rpc_link_asked_ms(node_link, now_ms + 700), 700);
    talk_kill();
    UNTIL(told.down == 1);
    assert_int_equal(told.down_err, WAVU_ERR_NO_NODE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(heard[i].count, 1);
        assert_int_equal(heard[i].err, WAVU_ERR_NO_NODE);
    }
    assert_int_equal(turn(0), WAVU_ERR_NO_NODE);
    assert_int_equal(told.down, 1);
    assert_int_equal(rpc_link_ask_take(node_link, "hello", json_object(), on_answer, &heard[2]),
                     WAVU_ERR_NO_NODE);
    assert_int_equal(heard[2].count, 0);
    rpc_link_close(node_link);
    assert_int_equal(rpc_link_open(talk_path, &user, &told, &node_link), WAVU_ERR_NO_NODE);
}

static void who_closes_ends_what_is_under_way(void **state)
{
    struct heard heard = {0};
    (void)state;
    begin(&user);
    ask("hang", NULL, &heard);
    rpc_link_close(node_link);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.err, WAVU_ERR_CLOSED);
    assert_int_equal(told.down, 0);
}

/* ---- Others behind the socket ---- */

/* A process that says `what`, `times` times, to everyone who comes, whatever is asked. */
static void serve_bytes(const char *what, int times)
{
    struct ipc_path name;
    int fd = -1;
    (void)unlink(talk_path);
    assert_int_equal(ipc_path_claim(&name, talk_path, &fd), 0);
    (void)fflush(NULL);
    talk_pid = fork();
    while (talk_pid == 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        (void)poll(&ready, 1, -1);
        int client = accept(fd, NULL, NULL);
        for (int i = 0; client >= 0 && i < times; i++) {
            if (send(client, what, strlen(what), MSG_NOSIGNAL) < 0) {
                break;
            }
        }
    }
    (void)close(fd);
}

static void ends_with(const char *what, int times, int err)
{
    struct heard heard = {0};
    talk_kill();
    serve_bytes(what, times);
    begin(&deaf);
    ask("hello", NULL, &heard);
    UNTIL(told.down == 1);
    assert_int_equal(told.down_err, err);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.err, err);
    rpc_link_close(node_link);
}

static void nonsense_is_the_end(void **state)
{
    static char much[1024 * 1024 + 1];
    (void)state;
    memset(much, 'm', sizeof much - 1);
    ends_with("garbage\n", 1, WAVU_ERR_PROTO);
    ends_with("\n", 1, WAVU_ERR_PROTO);
    ends_with("[]\n", 1, WAVU_ERR_PROTO);
    ends_with("{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":2}\n", 1, WAVU_ERR_PROTO); /* not asked */
    ends_with("{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":\"1\"}\n", 1, WAVU_ERR_PROTO);
    ends_with(much, JSONRPC_ANSWER_MAX / (1024 * 1024) + 1, WAVU_ERR_PROTO); /* no newline */
}

/* What comes unasked, also where events are. */
static void answers_to_nothing_are_the_end(void **state)
{
    (void)state;
    talk_kill();
    serve_bytes("{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}\n", 1);
    begin(&deaf);
    UNTIL(told.down == 1);
    assert_int_equal(told.down_err, WAVU_ERR_PROTO);
    rpc_link_close(node_link);
    begin(&user);
    UNTIL(told.down == 1);
    assert_int_equal(told.down_err, WAVU_ERR_PROTO);
    rpc_link_close(node_link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK(many_questions_are_under_way),
        TALK(an_answer_may_ask_on),
        TALK(a_question_may_be_too_long),
        TALK(events_come_beside_answers),
        TALK(lost_events_make_one_look_anew),
        TALK(events_are_asked_for_until_there_are_any),
        TALK(a_node_that_dies_is_said_once),
        TALK(who_closes_ends_what_is_under_way),
        TALK(nonsense_is_the_end),
        TALK(answers_to_nothing_are_the_end),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
