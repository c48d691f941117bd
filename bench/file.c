/*
 * A file between two members over loopback TCP, against one perf stream between the same two nodes
 * in the same run.
 *
 * In: a folder, empty (argv[1]), and the file's MiB (argv[2], default 1024). Two processes: the
 * giver hashes and seals the file and serves it from its disk; the fetcher runs perf, then fetches.
 * Out: one JSON line: seconds to offer; MB/s of perf (download); of plain writes of as many bytes
 * to where the file goes, synced; of the file, until it stands under its name, synced; the last
 * over the first; CPU seconds of both processes for perf and for the file, which tell more than the
 * wall where others use the machine; how much RssAnon of either process grew at most while it was
 * fetched, in MiB.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "port/files.h"
#include "sync/file.h"
#include "tests/support/net_world.h"
#include "wavu/os.h"

#define PATH_SIZE 512
#define LOOK_NS (20 * TIMERS_MS)
#define MIB (1024.0 * 1024.0)

struct node {
    struct wavu_os *os;
    struct port *port;
    struct net_node net;
    struct gate *gate;
    struct gate_network network;
    struct store *store;
    struct file *file;
    struct conn *conn;
    struct timer timer;
    pid_t giver;
    bool is_done;
    int err;
    struct file_about about; /* OFFERED */
    long peak_kib[2];        /* of RssAnon: own, the giver's */
};

static const uint8_t key[GATE_KEY_SIZE] = {1};
static const uint8_t store_key[STORE_KEY_SIZE] = {2};
static const uint8_t zeros[FILE_SHAPE_PIECE_MIN];

static size_t prove(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE])
{
    (void)context;
    gate_tag(tags[0], key, link);
    return 1;
}

static bool recognise(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE],
                      size_t count)
{
    (void)context;
    return gate_is_proof(key, link, tags, count);
}

static void finish(struct node *n, int err)
{
    n->is_done = true;
    n->err = err;
    wavu_os_stop(n->os);
}

static void on_event(void *context, const struct file_event *event)
{
    struct node *n = context;

    switch (event->kind) {
    case FILE_OFFERED:
        memcpy(n->about.id, event->id, sizeof n->about.id);
        memcpy(n->about.key, event->key, sizeof n->about.key);
        n->about.size = event->size;
        n->about.aead = event->aead;
        finish(n, 0);
        return;
    case FILE_REFUSED:
    case FILE_STOPPED:
    case FILE_DONE:
        finish(n, event->err);
        return;
    case FILE_HASHED:
    case FILE_MOVED:
    case FILE_GONE:
        return;
    }
}

static void start(struct node *n, const char *home, uint64_t number)
{
    const struct net_options options = {.key = number};

    n->os = wavu_os_new();
    CHECK(n->os != NULL);
    n->port = wavu_os_port_new(n->os, home);
    CHECK(n->port->files->make_home(n->port) == 0);
    net_node_start(&n->net, n->port, &options);
    n->gate = gate_new(&n->net.swarm, &n->net.metrics);
    n->network = (struct gate_network){.context = n, .prove = prove, .recognise = recognise};
    CHECK(gate_enter(n->gate, &n->network) == 0);
    const struct store_config store = {.port = n->port, .kind = STORE_DISK, .key = store_key};

    CHECK(store_new(&store, &n->store) == 0 && store_open(n->store) == 0);
    const struct file_config config = {.swarm = &n->net.swarm,
                                       .gate = n->gate,
                                       .network = &n->network,
                                       .store = n->store,
                                       .kind = AEAD_AES256_GCM,
                                       .id = {3},
                                       .context = n,
                                       .event = on_event};

    CHECK(file_new(&config, &n->file) == 0);
}

static void stop(struct node *n)
{
    file_free(n->file);
    gate_leave(n->gate, &n->network);
    gate_free(n->gate);
    net_node_stop(&n->net);
    store_free(n->store);
    wavu_os_port_free(n->port);
    wavu_os_free(n->os);
}

/* Run until somebody calls finish. */
static void wait_done(struct node *n, const char *what)
{
    n->is_done = false;
    while (!n->is_done) {
        wavu_os_run(n->os, 1000);
    }
    if (n->err < 0) {
        fprintf(stderr, "file: %s: %d\n", what, n->err);
        exit(1);
    }
}

static long anonymous_kib(pid_t pid)
{
    char line[256];
    char path[64];
    long kib = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "RssAnon:", 8) == 0) {
            kib = strtol(line + 8, NULL, 10);
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return kib;
}

static void look(struct node *n)
{
    const pid_t pids[2] = {getpid(), n->giver};

    for (size_t i = 0; i < 2; i++) {
        long kib = anonymous_kib(pids[i]);

        n->peak_kib[i] = kib > n->peak_kib[i] ? kib : n->peak_kib[i];
    }
}

static void on_timer(struct timer *timer, uint64_t now)
{
    struct node *n = LIST_OF(timer, struct node, timer);

    look(n);
    timers_set(&n->port->turn.timers, timer, now + LOOK_NS, 0);
}

static double seconds_since(uint64_t from)
{
    return (double)(wavu_os_now_ns() - from) / 1e9;
}

/* What both processes have used of processors. */
static double cpu_seconds(pid_t giver)
{
    struct timespec own;
    struct timespec other;
    clockid_t clock;

    CHECK(clock_getcpuclockid(giver, &clock) == 0);
    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) == 0 && clock_gettime(clock, &other) == 0);
    return (double)(own.tv_sec + other.tv_sec) + (double)(own.tv_nsec + other.tv_nsec) / 1e9;
}

/* ---- The giver ---- */

/* What the giver says to the fetcher through the pipe. */
struct said {
    struct multiaddr address;
    struct file_about about;
    double seconds;
};

static void write_source(const char *path, uint64_t size)
{
    static uint64_t block[131072];
    uint64_t word = 1;
    FILE *f = fopen(path, "wb");

    CHECK(f != NULL);
    for (uint64_t at = 0; at < size; at += sizeof block) {
        for (size_t i = 0; i < sizeof block / sizeof *block; i++) {
            word = word * UINT64_C(6364136223846793005) + 1442695040888963407;
            block[i] = word ^ word >> 31;
        }
        CHECK(fwrite(block, sizeof block, 1, f) == 1);
    }
    CHECK(fflush(f) == 0 && fsync(fileno(f)) == 0 && fclose(f) == 0);
}

static void give(const char *folder, uint64_t size, int out)
{
    static struct node n;
    struct said said = {.seconds = 0};
    char home[PATH_SIZE];
    char source[PATH_SIZE];
    uint64_t offer = 0;

    (void)snprintf(home, sizeof home, "%s/giver", folder);
    (void)snprintf(source, sizeof source, "%s/source", folder);
    write_source(source, size);
    start(&n, home, 1);
    net_node_listen(&n.net, "127.0.0.1:0");
    CHECK(listen_addresses(&n.net.swarm, &said.address, 1) == 1);
    uint64_t from = wavu_os_now_ns();

    CHECK(file_offer(n.file, source, &offer) == 0);
    wait_done(&n, "offer");
    said.seconds = seconds_since(from);
    said.about = n.about;
    CHECK(write(out, &said, sizeof said) == (ssize_t)sizeof said);
    for (;;) {
        wavu_os_run(n.os, -1); /* until it is killed */
    }
}

/* ---- The fetcher ---- */

static void on_dialled(void *context, int err, struct conn *conn)
{
    struct node *n = context;

    n->conn = conn;
    finish(n, err);
}

static void on_perf(void *context, int err)
{
    finish(context, err);
}

static double perf_rate(struct node *n, uint64_t size)
{
    struct perf_run *run = NULL;
    uint64_t from = wavu_os_now_ns();

    CHECK(perf_start(&n->net.perf, n->conn, 0, size, (struct perf_user){on_perf, n}, &run) == 0);
    wait_done(n, "perf");
    return (double)size / seconds_since(from) / 1e6;
}

/* Plain writes of `size` bytes to the home's folder, as the fetch makes them. Its memory is the
 * system's own from then on: a machine that is somebody's guest gets what it has not touched for a
 * while from its host, page by page, which took 1 to 2 s a GiB where 0.35 s is the rest, and
 * belongs to no program. */
static double write_rate(struct node *n, uint64_t size)
{
    static const char name[] = "written";
    const struct port_files *files = n->port->files;
    const struct span piece = span_of(zeros, sizeof zeros);
    struct port_file *file = NULL;
    uint64_t from = wavu_os_now_ns();

    CHECK(files->open(n->port, name, PORT_FILES_MAKE, &file) == 0);
    for (uint64_t at = 0; at < size; at += piece.len) {
        CHECK(files->write_at(file, at, piece) == 0);
    }
    CHECK(files->sync(file) == 0);
    double rate = (double)size / seconds_since(from) / 1e6;

    files->close(file);
    CHECK(files->remove(n->port, name, false) == 0);
    return rate;
}

static double fetch_rate(struct node *n, const struct said *said)
{
    struct overlay_id device;
    struct file_about about = said->about;

    about.name = span_from_text("fetched");
    CHECK(overlay_id_from_peer(&device, conn_peer(n->conn)) == 0);
    timers_prepare(&n->timer, on_timer);
    timers_set(&n->port->turn.timers, &n->timer, wavu_os_now_ns(), 0);
    uint64_t from = wavu_os_now_ns();

    CHECK(file_fetch(n->file, &about) == 0);
    CHECK(file_holder(n->file, about.id, &device) == 0);
    wait_done(n, "fetch");
    double rate = (double)about.size / seconds_since(from) / 1e6;

    timers_cancel(&n->port->turn.timers, &n->timer);
    return rate;
}

static void fetch(const char *folder, uint64_t size, int in, pid_t giver)
{
    static struct node n;
    struct said said;
    struct dial *dial = NULL;
    char home[PATH_SIZE];

    CHECK(read(in, &said, sizeof said) == (ssize_t)sizeof said);
    (void)snprintf(home, sizeof home, "%s/fetcher", folder);
    n.giver = giver;
    start(&n, home, 2);
    CHECK(dial_start(&n.net.swarm, NULL, &said.address, 1, (struct dial_user){on_dialled, &n},
                     &dial) == 0);
    wait_done(&n, "dial");
    double cpu = cpu_seconds(giver);
    double perf = perf_rate(&n, size);
    double perf_cpu = cpu_seconds(giver) - cpu;

    double plain = write_rate(&n, size);

    look(&n);
    const long before[2] = {n.peak_kib[0], n.peak_kib[1]};

    cpu = cpu_seconds(giver);
    double rate = fetch_rate(&n, &said);
    double file_cpu = cpu_seconds(giver) - cpu;

    printf("{\"type\":\"file\",\"bytes\":%llu,\"offerSeconds\":%.2f,\"perfMegabytes\":%.0f,"
           "\"plainMegabytes\":%.0f,\"fileMegabytes\":%.0f,\"share\":%.3f,\"perfCpuSeconds\":%.2f,"
           "\"fileCpuSeconds\":%.2f,\"fetcherMib\":%.1f,\"giverMib\":%.1f}\n",
           (unsigned long long)size, said.seconds, perf, plain, rate, rate / perf, perf_cpu,
           file_cpu, (double)(n.peak_kib[0] - before[0]) * 1024 / MIB,
           (double)(n.peak_kib[1] - before[1]) * 1024 / MIB);
    stop(&n);
}

int main(int argc, char **argv)
{
    int ends[2];

    if (argc < 2) {
        fprintf(stderr, "usage: bench_file FOLDER [MIB]\n");
        return 2;
    }
    uint64_t size = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1024) * 1048576;

    CHECK(pipe(ends) == 0);
    pid_t giver = fork();

    CHECK(giver >= 0);
    if (giver == 0) {
        CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
        (void)close(ends[0]);
        give(argv[1], size, ends[1]);
    }
    (void)close(ends[1]); /* a giver that dies ends the read */
    fetch(argv[1], size, ends[0], giver);
    CHECK(kill(giver, SIGKILL) == 0);
    CHECK(waitpid(giver, NULL, 0) == giver);
    return 0;
}
