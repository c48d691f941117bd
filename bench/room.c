/*
 * What a room does, end to end: nodes of one process on the system's loop, TCP over loopback, each
 * with an encrypted store in a home of its own, through the public interface. They are shared out
 * over a few threads, a loop each. All join one network by codes; then one message is said at a
 * time, and later many.
 *
 * Latency: from before wavu_say until another node is shown it; nodes share threads, so in a room
 * it includes the work of those that come before. Rate: messages said by all in turn until every
 * node was shown every one, at most OPEN of them under way.
 *
 * In: nodes, messages said one at a time, messages said at once, threads (default: one for each
 * processor that this process may use). Out: one JSON line; aloneCpuSeconds and
 * cpuSeconds are the CPU time of the two parts.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "wavu/chat.h"
#include "wavu/mesh.h"
#include "wavu/os.h"

#define NODES_MAX 256
#define TEXT 100
#define THREADS_MAX 64
#define JOBS_MIN ((size_t)4)
#define OPEN 256 /* messages under way */
#define MS UINT64_C(1000000)
#define TURN_NS MS           /* between two looks at what the threads did */
#define PAUSE_NS (20 * MS)   /* between two that are said alone */
#define JOIN_NS (300 * MS)   /* between two that come in */
#define SPEAK_NS (200 * MS)  /* between two tries to say the first thing */
#define QUIET_NS (5000 * MS) /* keys and receipts have gone round then */
#define PATIENCE_S 600       /* for anything */

/* A loop, and the thread that runs it. */
struct stage {
    struct wavu_os *os;
    size_t number;
};

struct talker {
    struct stage *stage;
    struct port *port;
    struct wavu_node *node;
    char home[96];
    char address[WAVU_ADDRESS_TEXT_MAX];
    atomic_bool is_in;
    bool has_spoken;
    size_t said; /* at once */
};

/* Something for a talker's own thread. */
struct wish {
    struct talker *talker;
    const char *code; /* join: by this, at `address` */
    const char *address;
    struct wavu_invitation invitation; /* invite */
    size_t max;                        /* say_some: so many at most */
    int rc;
};

static struct stage stages[THREADS_MAX];
static size_t stage_count;
static struct talker talkers[NODES_MAX];
static size_t count;
static char folder[64];
static _Atomic uint64_t shown; /* deliveries to others */
static uint64_t *samples;      /* ns of each, in this part */
static atomic_size_t sample_count;
static atomic_size_t sample_max;
static _Atomic uint64_t said_ns; /* of the one that is said alone */
static uint64_t until_ns;

static double cpu_now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void on_members(void *context, const struct wavu_members_event *event)
{
    struct talker *t = context;

    if (event->kind == WAVU_MEMBERS_ENTERED) {
        t->is_in = true;
    }
    CHECK(event->kind != WAVU_MEMBERS_JOIN_FAILED);
}

static void on_chat(void *context, const struct wavu_chat_event *event)
{
    (void)context;
    if (event->kind != WAVU_CHAT_MESSAGE || event->message->is_own) {
        return;
    }
    shown++;
    if (sample_max > 0) {
        size_t at = sample_count++;

        CHECK(at < sample_max);
        samples[at] = wavu_os_now_ns() - said_ns;
    }
}

static void start(size_t i)
{
    struct talker *t = &talkers[i];
    const struct wavu_mesh_config mesh = {.has_discovery = false};

    (void)snprintf(t->home, sizeof t->home, "%s/%zu", folder, i);
    CHECK(mkdir(t->home, 0700) == 0);
    t->stage = &stages[i % stage_count];
    t->port = wavu_os_port_new(t->stage->os, t->home);
    const struct wavu_config config = {.port = t->port, .mesh = &mesh};
    CHECK(t->port != NULL && wavu_node_new(&config, &t->node) == 0);
    CHECK(wavu_node_listen(t->node, "127.0.0.1:0") == 0);
    CHECK(wavu_node_address(t->node, 0, t->address));
    CHECK(wavu_members_listen(t->node, on_members, t) == 0);
    CHECK(wavu_chat_listen(t->node, on_chat, t) == 0);
}

static void sleep_ns(uint64_t ns)
{
    const struct timespec pause = {.tv_sec = (time_t)(ns / 1000000000),
                                   .tv_nsec = (long)(ns % 1000000000)};

    (void)nanosleep(&pause, NULL);
}

/* Let the threads work; too long is a failure. */
static void turn(void)
{
    CHECK(wavu_os_now_ns() < until_ns);
    sleep_ns(TURN_NS);
}

static int on_stage(struct talker *talker, void (*call)(void *), struct wish *wish)
{
    wish->talker = talker;
    CHECK(wavu_os_call(talker->stage->os, call, wish) == 0);
    return wish->rc;
}

static void do_say(void *context)
{
    struct wish *w = context;
    char text[TEXT];

    memset(text, 0x77, sizeof text);
    said_ns = wavu_os_now_ns();
    w->rc = wavu_say(w->talker->node, NULL, text, sizeof text, NULL);
}

static int say(size_t i)
{
    struct wish wish = {.rc = 0};

    return on_stage(&talkers[i], do_say, &wish);
}

static void do_invite(void *context)
{
    struct wish *w = context;

    w->rc = wavu_invite(w->talker->node, NULL, "en", &w->invitation);
}

static void do_join(void *context)
{
    struct wish *w = context;

    w->rc = wavu_join(w->talker->node, w->code, w->address);
}

static void join(size_t i)
{
    struct talker *by = &talkers[(i - 1) / 2];
    struct wish inviting = {.rc = 0};

    CHECK(on_stage(by, do_invite, &inviting) == 0);
    struct wish joining = {.code = inviting.invitation.code, .address = by->address};

    CHECK(on_stage(&talkers[i], do_join, &joining) == 0);
    while (!talkers[i].is_in) {
        turn();
    }
    sleep_ns(JOIN_NS);
}

static void wait_for(uint64_t deliveries)
{
    while (shown < deliveries) {
        turn();
    }
}

/* Until each could say something, and all of that has come. */
static void speak(void)
{
    size_t ready = 0;

    while (ready < count) {
        ready = 0;
        for (size_t i = 0; i < count; i++) {
            talkers[i].has_spoken = talkers[i].has_spoken || say(i) == 0;
            ready += talkers[i].has_spoken ? 1 : 0;
            turn();
        }
        sleep_ns(SPEAK_NS);
    }
    for (uint64_t before = UINT64_MAX; before != shown;) {
        before = shown;
        sleep_ns(QUIET_NS); /* keys and receipts, too */
    }
    for (size_t i = 0; i < 2 * count; i++) { /* under the keys that all have now */
        uint64_t before = shown;

        while (say(i % count) < 0) {
            turn();
        }
        wait_for(before + count - 1);
    }
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return *x < *y ? -1 : *x > *y ? 1 : 0;
}

/* Each alone: how long until the others have it. */
static void alone(size_t messages)
{
    size_t max = messages * (count - 1);

    samples = mem_new_array(max > 0 ? max : 1, sizeof *samples);
    sample_max = max;
    for (size_t k = 0; k < messages; k++) {
        uint64_t before = shown;

        while (say(k % count) < 0) {
            turn();
        }
        wait_for(before + count - 1);
        sleep_ns(PAUSE_NS);
    }
    CHECK(sample_count == max);
    sample_max = 0;
    qsort(samples, max, sizeof *samples, by_size);
}

/* A stage's talkers speak in turn, wish->max of them at most. */
static void do_say_some(void *context)
{
    struct wish *w = context;
    size_t step = stage_count;
    size_t first = w->talker->stage->number;
    size_t own = (count - first + step - 1) / step;
    char text[TEXT];

    memset(text, 0x77, sizeof text);
    for (w->rc = 0; (size_t)w->rc < w->max; w->rc++) {
        size_t least = first;

        for (size_t i = 1; i < own; i++) { /* who has said least */
            least = talkers[first + i * step].said < talkers[least].said ? first + i * step : least;
        }
        if (wavu_say(talkers[least].node, NULL, text, sizeof text, NULL) < 0) {
            return;
        }
        talkers[least].said++;
    }
}

/* All at once, by all in turn; the seconds that it took. */
static double at_once(size_t messages)
{
    uint64_t first = shown;
    uint64_t begun = wavu_os_now_ns();
    size_t said = 0;

    for (size_t stage = 0; shown < first + (uint64_t)messages * (count - 1); stage++) {
        size_t open = said - (size_t)((shown - first) / (count - 1));
        size_t most = OPEN - (open < OPEN ? open : OPEN);
        size_t share = (OPEN + stage_count - 1) / stage_count;
        size_t least = share / 8; /* calls of another thread for a few would be most of the work */
        struct wish wish = {.max = most < share ? most : share};

        wish.max = wish.max < messages - said ? wish.max : messages - said;
        size_t taken = wish.max == 0 || (wish.max < least && wish.max < messages - said)
                           ? 0
                           : (size_t)on_stage(&talkers[stage % stage_count], do_say_some, &wish);
        said += taken;
        if (taken == 0) {
            turn(); /* all are under way, or it waits for keys or its disk */
        }
    }
    return (double)(wavu_os_now_ns() - begun) / 1e9;
}

static void end(void)
{
    char command[128];

    for (size_t i = 0; i < stage_count; i++) {
        wavu_os_join(stages[i].os);
    }
    for (size_t i = 0; i < count; i++) {
        wavu_node_free(talkers[i].node);
        wavu_os_port_free(talkers[i].port);
    }
    for (size_t i = 0; i < stage_count; i++) {
        wavu_os_free(stages[i].os);
    }
    mem_free(samples);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    CHECK(system(command) == 0);
}

/* Processors that this process may use. */
static size_t processors(void)
{
    cpu_set_t set;

    CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
    return (size_t)CPU_COUNT(&set);
}

static void set_stages(size_t wanted)
{
    char jobs[24]; /* libuv's threads are the process's: let each node's commits have one */

    (void)snprintf(jobs, sizeof jobs, "%zu", count < JOBS_MIN ? JOBS_MIN : count);
    CHECK(setenv("UV_THREADPOOL_SIZE", jobs, 1) == 0);
    stage_count = wanted < count ? wanted : count;
    stage_count = stage_count < THREADS_MAX ? stage_count : THREADS_MAX;
    CHECK(stage_count > 0);
    for (size_t i = 0; i < stage_count; i++) {
        stages[i] = (struct stage){.os = wavu_os_new(), .number = i};
        CHECK(stages[i].os != NULL);
    }
}

int main(int argc, char **argv)
{
    const char *base = getenv("TMPDIR");
    size_t single = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
    size_t many = argc > 3 ? strtoul(argv[3], NULL, 10) : 2000;
    char id[WAVU_KEY_TEXT_MAX];

    count = argc > 1 ? strtoul(argv[1], NULL, 10) : 2;
    CHECK(count > 1 && count <= NODES_MAX && single > 0 && many > 0);
    (void)snprintf(folder, sizeof folder, "%.40s/wavu-room-XXXXXX", base == NULL ? "/tmp" : base);
    CHECK(mkdtemp(folder) != NULL);
    set_stages(argc > 4 ? strtoul(argv[4], NULL, 10) : processors());
    until_ns = wavu_os_now_ns() + UINT64_C(1000000000) * PATIENCE_S;
    uint64_t begun = wavu_os_now_ns();
    for (size_t i = 0; i < count; i++) {
        start(i);
    }
    CHECK(wavu_network_make(talkers[0].node, "savanna", "any", id) == 0);
    for (size_t i = 0; i < stage_count; i++) {
        CHECK(wavu_os_start(stages[i].os) == 0);
    }
    for (size_t i = 1; i < count; i++) {
        join(i);
    }
    speak();
    double setup = (double)(wavu_os_now_ns() - begun) / 1e9;
    double alone_cpu = cpu_now();
    alone(single);
    alone_cpu = cpu_now() - alone_cpu;
    double cpu = cpu_now();
    double seconds = at_once(many);
    cpu = cpu_now() - cpu;
    (void)printf(
        "{\"type\":\"room\",\"nodes\":%zu,\"threads\":%zu,\"setupSeconds\":%.1f,\"p50Us\":%.0f,"
        "\"p99Us\":%.0f,\"aloneCpuSeconds\":%.3f,\"messages\":%zu,\"seconds\":%.3f,"
        "\"cpuSeconds\":%.3f,\"rate\":%.0f,\"deliveries\":%.0f}\n",
        count, stage_count, setup, (double)samples[sample_count / 2] / 1e3,
        (double)samples[sample_count * 99 / 100] / 1e3, alone_cpu, many, seconds, cpu,
        (double)many / seconds, (double)many * (double)(count - 1) / seconds);
    end();
    return 0;
}
