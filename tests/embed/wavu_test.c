/*
 * The short way in, for real: nodes on threads, on a loop that polls, on wavu's own, all in one
 * process; they make a network, come in by a code and talk.
 */
#include "wavu/wavu.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/os/world.h"

#define PEOPLE 3

struct person {
    struct wavu *w;
    char home[64];
    pthread_t thread;
    /* Written in callbacks, read by the test. */
    atomic_int entered;
    atomic_int messages;
    atomic_int chats_ready;
    char heard[256];
};

static struct person people[PEOPLE];

static void on_event(struct wavu *w, void *context, const struct wavu_event *event)
{
    struct person *p = context;

    assert_true(p->w == NULL || p->w == w);
    if (event->members != NULL && event->members->kind == WAVU_MEMBERS_ENTERED) {
        p->entered++;
    }
    if (event->chat != NULL && event->chat->kind == WAVU_CHAT_READY) {
        p->chats_ready++;
    }
    if (event->chat != NULL && event->chat->kind == WAVU_CHAT_MESSAGE &&
        strcmp(event->chat->message->kind, "text") == 0) {
        size_t len = strlen(p->heard);

        (void)snprintf(p->heard + len, sizeof p->heard - len, "%.*s|",
                       (int)event->chat->message->text_len, event->chat->message->text);
        p->messages++;
    }
}

static void begin(size_t i, bool has_thread)
{
    static const char *const nicks[PEOPLE] = {"Amina", "Baraka", "Chiku"};
    static const struct wavu_mesh_config mesh = {.has_discovery = false};
    struct person *p = &people[i];
    const struct wavu_start start = {.home = p->home,
                                     .listen = "127.0.0.1:0",
                                     .nick = nicks[i],
                                     .mesh = &mesh,
                                     .has_thread = has_thread,
                                     .up = on_event,
                                     .context = p};
    memset(p, 0, sizeof *p);
    world_folder_make(p->home);
    assert_int_equal(wavu_start(&start, &p->w), 0);
}

static void end(size_t i)
{
    wavu_stop(people[i].w);
    world_folder_remove(people[i].home);
}

/* One round of a loop that polls; false when it took too long. */
static bool poll_once(struct wavu *w, uint64_t end_ns)
{
    struct pollfd fd = {.fd = wavu_fd(w), .events = POLLIN};
    int wait_ms = wavu_wait_ms(w);

    (void)poll(&fd, 1, wait_ms < 0 || wait_ms > 20 ? 20 : wait_ms);
    wavu_process(w);
    return wavu_os_now_ns() < end_ns;
}

static void poll_until(struct wavu *w, atomic_int *count, int least)
{
    uint64_t end_ns = wavu_os_now_ns() + WORLD_LIMIT_NS;

    while (atomic_load(count) < least) {
        assert_true(poll_once(w, end_ns));
    }
}

static void *run_person(void *context)
{
    struct person *p = context;

    wavu_run(p->w);
    return NULL;
}

struct opened {
    struct wavu *w;
    struct wavu_invitation invitation;
    char address[WAVU_ADDRESS_TEXT_MAX];
    const char *say;
    int rc;
};

static void make_network(void *context)
{
    struct opened *o = context;
    char id[WAVU_KEY_TEXT_MAX];

    o->rc = wavu_network_make(wavu_node(o->w), "savanna", NULL, id);
}

static void open_code(void *context)
{
    struct opened *o = context;

    o->rc = wavu_invite(wavu_node(o->w), NULL, NULL, &o->invitation);
    assert_true(wavu_node_address(wavu_node(o->w), 0, o->address));
}

static void say(void *context)
{
    struct opened *o = context;

    o->rc = wavu_say(wavu_node(o->w), NULL, o->say, strlen(o->say), NULL);
}

static bool is_heard(void)
{
    return atomic_load(&people[1].messages) > 0 && atomic_load(&people[2].messages) > 0;
}

/* Say it, by the thread's call, each time that keys are here, until both others have heard it. */
static void say_until_heard(struct wavu *w, const char *text)
{
    struct opened o = {.w = w, .say = text};
    uint64_t end_ns = wavu_os_now_ns() + WORLD_LIMIT_NS;
    uint64_t next_ns = 0;

    while (!is_heard()) {
        if (wavu_os_now_ns() >= next_ns) {
            assert_int_equal(wavu_call(w, say, &o), 0);
            assert_true(o.rc == 0 || o.rc == WAVU_ERR_AGAIN);
            next_ns = wavu_os_now_ns() + TIMERS_SECOND;
        }
        assert_true(poll_once(people[1].w, end_ns)); /* who is on this thread goes on meanwhile */
    }
}

/* Amina on a thread of wavu's, Baraka on a loop that polls here, Chiku in wavu_run on a thread of
 * the program's. */
static void test_three_ways(void **state)
{
    struct opened amina = {.say = NULL};

    (void)state;
    begin(0, true);
    begin(1, false);
    begin(2, false);
    amina.w = people[0].w;
    assert_int_equal(wavu_call(amina.w, make_network, &amina), 0);
    assert_int_equal(amina.rc, 0);
    for (size_t i = 1; i < PEOPLE; i++) { /* before Chiku's thread begins, he is polled as well */
        assert_int_equal(wavu_call(amina.w, open_code, &amina), 0);
        assert_int_equal(amina.rc, 0);
        wavu_process(people[i].w);
        assert_int_equal(wavu_join(wavu_node(people[i].w), amina.invitation.code, amina.address),
                         0);
        poll_until(people[i].w, &people[i].entered, 1);
    }
    assert_int_equal(pthread_create(&people[2].thread, NULL, run_person, &people[2]), 0);
    say_until_heard(people[0].w, "habari");
    wavu_quit(people[2].w);
    assert_int_equal(pthread_join(people[2].thread, NULL), 0);
    assert_memory_equal(people[1].heard, "habari|", 7);
    assert_memory_equal(people[2].heard, "habari|", 7);
    for (size_t i = 0; i < PEOPLE; i++) {
        end(i);
    }
}

/* What fails leaves nothing, and says why. */
static void test_failures(void **state)
{
    struct wavu *w = NULL;
    struct wavu_start start = {.listen = "nowhere"};

    (void)state;
    assert_int_equal(wavu_start(&start, &w), WAVU_ERR_INVALID);
    assert_null(w);
    start = (struct wavu_start){.is_alone = true, .nick = "\x1b[31m"};
    assert_int_equal(wavu_start(&start, &w), WAVU_ERR_INVALID);
    assert_null(w);
    start = (struct wavu_start){.is_alone = true, .home = "/dev/null/home"};
    assert_true(wavu_start(&start, &w) < 0);
    assert_null(w);
    wavu_stop(NULL);
}

static void nothing(void *context)
{
    (void)context;
}

/* wavu_quit from outside ends the thread; later calls say so; stop frees. */
static void test_a_thread_quits(void **state)
{
    struct wavu *w = NULL;
    const struct wavu_start start = {.is_alone = true, .has_thread = true};
    uint64_t end_ns = wavu_os_now_ns() + WORLD_LIMIT_NS;

    (void)state;
    assert_int_equal(wavu_start(&start, &w), 0);
    assert_int_equal(wavu_call(w, nothing, NULL), 0);
    wavu_quit(w);
    while (wavu_call(w, nothing, NULL) == 0) {
        assert_true(wavu_os_now_ns() < end_ns);
    }
    wavu_stop(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_three_ways),
        UNIT(test_failures),
        UNIT(test_a_thread_quits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
