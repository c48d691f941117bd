/*
 * What a room does, end to end: nodes of one process on the system's loop, TCP over loopback, each
 * with an encrypted store in a home of its own, through the public interface. All join one network
 * by codes; then one message is said at a time, and later many.
 *
 * Latency: from before wavu_say until another node is shown it; all nodes share one thread, so in a
 * room it includes the work of those that come before. Rate: messages said by all in turn until
 * every node was shown every one, at most OPEN of them under way.
 *
 * In: nodes, messages said one at a time, messages said at once. Out: one JSON line.
 */
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
#define OPEN 64        /* messages under way */
#define PAUSE_MS 20    /* between two that are said alone */
#define JOIN_MS 300    /* between two that come in */
#define PATIENCE_S 600 /* for anything */
#define SPEAK_MS 200   /* between two tries to say the first thing */

struct talker {
    struct port *port;
    struct wavu_node *node;
    char home[96];
    char address[WAVU_ADDRESS_TEXT_MAX];
    bool is_in;
    bool has_spoken;
};

static struct wavu_os *os;
static struct talker talkers[NODES_MAX];
static size_t count;
static char folder[64];
static uint64_t shown;    /* deliveries to others */
static uint64_t *samples; /* ns of each, in this part */
static size_t sample_count;
static size_t sample_max;
static uint64_t said_ns; /* of the one that is said alone */
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

    t->is_in = t->is_in || event->kind == WAVU_MEMBERS_ENTERED;
    CHECK(event->kind != WAVU_MEMBERS_JOIN_FAILED);
}

static void on_chat(void *context, const struct wavu_chat_event *event)
{
    (void)context;
    if (event->kind != WAVU_CHAT_MESSAGE || event->message->is_own) {
        return;
    }
    shown++;
    if (sample_count < sample_max) {
        samples[sample_count++] = wavu_os_now_ns() - said_ns;
    }
}

static void start(size_t i)
{
    struct talker *t = &talkers[i];
    const struct wavu_mesh_config mesh = {.has_discovery = false};

    (void)snprintf(t->home, sizeof t->home, "%s/%zu", folder, i);
    CHECK(mkdir(t->home, 0700) == 0);
    t->port = wavu_os_port_new(os, t->home);
    const struct wavu_config config = {.port = t->port, .mesh = &mesh};
    CHECK(t->port != NULL && wavu_node_new(&config, &t->node) == 0);
    CHECK(wavu_node_listen(t->node, "127.0.0.1:0") == 0);
    CHECK(wavu_node_address(t->node, 0, t->address));
    CHECK(wavu_members_listen(t->node, on_members, t) == 0);
    CHECK(wavu_chat_listen(t->node, on_chat, t) == 0);
}

/* One turn of the loop or a few; too long is a failure. */
static void turn(void)
{
    CHECK(wavu_os_now_ns() < until_ns);
    wavu_os_run(os, 1);
}

static int say(size_t i)
{
    char text[TEXT];

    memset(text, 0x77, sizeof text);
    return wavu_say(talkers[i].node, NULL, text, sizeof text, NULL);
}

static void join(size_t i)
{
    struct wavu_invitation invitation;
    struct talker *by = &talkers[(i - 1) / 2];

    CHECK(wavu_invite(by->node, NULL, "en", &invitation) == 0);
    CHECK(wavu_join(talkers[i].node, invitation.code, by->address) == 0);
    while (!talkers[i].is_in) {
        turn();
    }
    wavu_os_run(os, JOIN_MS);
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
        wavu_os_run(os, SPEAK_MS);
    }
    for (uint64_t before = UINT64_MAX; before != shown;) {
        before = shown;
        wavu_os_run(os, 5000); /* keys and receipts, too */
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
    sample_max = messages * (count - 1);
    samples = mem_new_array(sample_max > 0 ? sample_max : 1, sizeof *samples);
    for (size_t k = 0; k < messages; k++) {
        uint64_t before = shown;

        said_ns = wavu_os_now_ns();
        while (say(k % count) < 0) {
            turn(); /* it waits for keys or its disk, and that counts */
        }
        wait_for(before + count - 1);
        wavu_os_run(os, PAUSE_MS);
    }
    CHECK(sample_count == sample_max);
    sample_max = 0;
    qsort(samples, sample_count, sizeof *samples, by_size);
}

/* All at once, by all in turn; the seconds that it took. */
static double at_once(size_t messages)
{
    uint64_t first = shown;
    uint64_t begun = wavu_os_now_ns();
    size_t said = 0;

    while (shown < first + (uint64_t)messages * (count - 1)) {
        while (said < messages && said < (shown - first) / (count - 1) + OPEN &&
               say(said % count) == 0) {
            said++;
        }
        turn();
    }
    return (double)(wavu_os_now_ns() - begun) / 1e9;
}

static void end(void)
{
    char command[128];

    for (size_t i = 0; i < count; i++) {
        wavu_node_free(talkers[i].node);
        wavu_os_port_free(talkers[i].port);
    }
    wavu_os_free(os);
    mem_free(samples);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    CHECK(system(command) == 0);
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
    CHECK(mkdtemp(folder) != NULL && (os = wavu_os_new()) != NULL);
    until_ns = wavu_os_now_ns() + UINT64_C(1000000000) * PATIENCE_S;
    uint64_t begun = wavu_os_now_ns();
    for (size_t i = 0; i < count; i++) {
        start(i);
    }
    CHECK(wavu_network_make(talkers[0].node, "savanna", "any", id) == 0);
    for (size_t i = 1; i < count; i++) {
        join(i);
    }
    speak();
    double setup = (double)(wavu_os_now_ns() - begun) / 1e9;
    alone(single);
    double cpu = cpu_now();
    double seconds = at_once(many);
    cpu = cpu_now() - cpu;
    (void)printf("{\"type\":\"room\",\"nodes\":%zu,\"setupSeconds\":%.1f,\"p50Us\":%.0f,"
                 "\"p99Us\":%.0f,\"messages\":%zu,\"seconds\":%.3f,\"cpuSeconds\":%.3f,"
                 "\"rate\":%.0f,\"deliveries\":%.0f}\n",
                 count, setup, (double)samples[sample_count / 2] / 1e3,
                 (double)samples[sample_count * 99 / 100] / 1e3, many, seconds, cpu,
                 (double)many / seconds, (double)many * (double)(count - 1) / seconds);
    end();
    return 0;
}
