/*
 * Commits a second, over the system's files.
 *
 * In: a folder for the database, which must not have one (argv[1]), the number of commits (argv[2],
 * default 500), and writes in each (argv[3], default 1), of 100 bytes under keys of 34. Out: one
 * JSON line: commits a second one behind the other, bytes that the process sent to its files for
 * each, the longest and the median commit in milliseconds, memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "store/store.h"
#include "wavu/os.h"

struct bench {
    struct wavu_os *os;
    struct store *store;
    struct store_watch watch;
    size_t wanted;
    size_t writes;
    size_t done;
    uint64_t begun_ns;
    double *ms; /* of each commit */
};

/* A number from a file of /proc/self. */
static unsigned long long number_in(const char *path, const char *name)
{
    char line[256];
    unsigned long long value = 0;
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtoull(line + strlen(name), NULL, 10);
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return value;
}

static void write_some(struct bench *b)
{
    uint8_t key[34] = {0};
    uint8_t value[100];
    for (size_t i = 0; i < b->writes; i++) {
        size_t which = (b->done * b->writes + i) % 1000;
        memcpy(key, &which, sizeof which);
        memset(value, (int)b->done, sizeof value);
        CHECK(store_put(b->store, "bench", span_of(key, sizeof key),
                        span_of(value, sizeof value)) == 0);
    }
    b->begun_ns = wavu_os_now_ns();
}

static void on_committed(struct store_watch *w, uint64_t number)
{
    struct bench *b = LIST_OF(w, struct bench, watch);
    (void)number;
    b->ms[b->done++] = (double)(wavu_os_now_ns() - b->begun_ns) / 1e6;
    if (b->done < b->wanted) {
        write_some(b);
    } else {
        wavu_os_stop(b->os);
    }
}

static void on_failed(struct store_watch *w, int err)
{
    (void)w;
    fprintf(stderr, "store: a commit failed: %d\n", err);
    exit(1);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static const uint8_t key[STORE_KEY_SIZE] = {1};
    struct bench b = {.watch = {.committed = on_committed, .failed = on_failed}};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_store FOLDER [COMMITS [WRITES]]\n");
        return 2;
    }
    b.wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 500;
    b.writes = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
    CHECK(b.wanted > 0 && b.writes > 0);
    b.ms = calloc(b.wanted, sizeof *b.ms);
    b.os = wavu_os_new();
    CHECK(b.ms != NULL && b.os != NULL);
    struct port *port = wavu_os_port_new(b.os, argv[1]);
    struct store_config config = {.port = port, .kind = STORE_DISK, .key = key};
    unsigned long long rss_before = number_in("/proc/self/status", "RssAnon:");
    CHECK(store_new(&config, &b.store) == 0);
    CHECK(store_open(b.store) == 0);
    store_watch(b.store, &b.watch);
    unsigned long long sent = number_in("/proc/self/io", "wchar:");
    uint64_t start_ns = wavu_os_now_ns();
    write_some(&b);
    wavu_os_run(b.os, -1);
    double seconds = (double)(wavu_os_now_ns() - start_ns) / 1e9;
    sent = number_in("/proc/self/io", "wchar:") - sent;
    qsort(b.ms, b.wanted, sizeof *b.ms, by_size);
    printf("{\"type\":\"store\",\"commits\":%zu,\"writesEach\":%zu,\"commitsPerSecond\":%.1f,"
           "\"bytesPerCommit\":%.0f,\"medianMs\":%.3f,\"maxMs\":%.3f,\"rssKib\":%llu}\n",
           b.wanted, b.writes, (double)b.wanted / seconds, (double)sent / (double)b.wanted,
           b.ms[b.wanted / 2], b.ms[b.wanted - 1],
           number_in("/proc/self/status", "RssAnon:") - rss_before);
    store_unwatch(&b.watch);
    store_free(b.store);
    wavu_os_port_free(port);
    wavu_os_free(b.os);
    free(b.ms);
    return 0;
}
