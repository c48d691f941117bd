/*
 * The store over the system's files. Keys, folders and numbers come from the command line; one JSON
 * line goes out.
 *
 *   bench_store FOLDER [COMMITS [WRITES]]   commits one behind the other, of WRITES values of 100
 *                                           bytes under keys of 34; the folder must have no store
 *   bench_store fill FOLDER [MESSAGES]      a history: messages of 100 bytes and their words
 *   bench_store history FOLDER              what a start, a page, a search, reading beside commits,
 *                                           a full check and a deletion of such a history cost
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "bench/words.h"
#include "store/store.h"
#include "wavu/os.h"

#define MESSAGE_SIZE 100
#define FILL_COMMIT 500 /* messages */
#define PAGE 50
#define SEARCHES 400
#define BESIDE_NS UINT64_C(10000000000) /* reading beside commits for so long */
#define BESIDE_COMMIT 100               /* messages */
#define SAMPLES_MAX 100000

struct bench {
    struct wavu_os *os;
    struct port *port;
    struct store *store;
    struct store_watch watch;
    struct timer timer;
    struct random_seeded seeded;
    size_t wanted;
    size_t writes;
    size_t done;
    uint64_t begun_ns;
    uint64_t end_ns;
    double *ms; /* of each commit, or read */
    size_t reads;
    double *read_ms;
    struct store_progress progress;
};

static const uint8_t key_bytes[STORE_KEY_SIZE] = {1};

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

static double ms_since(uint64_t begun_ns)
{
    return (double)(wavu_os_now_ns() - begun_ns) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void begin(struct bench *b, const char *folder)
{
    b->os = wavu_os_new();
    CHECK(b->os != NULL);
    b->port = wavu_os_port_new(b->os, folder);
    random_seeded_init(&b->seeded, 1);
    const struct store_config config = {.port = b->port, .kind = STORE_DISK, .key = key_bytes};
    CHECK(store_new(&config, &b->store) == 0);
}

static void end(struct bench *b)
{
    store_free(b->store);
    wavu_os_port_free(b->port);
    wavu_os_free(b->os);
}

static void on_failed(struct store_watch *w, int err)
{
    (void)w;
    fprintf(stderr, "store: a commit failed: %d\n", err);
    exit(1);
}

/* ---- Commits ---- */

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
    b->ms[b->done++] = ms_since(b->begun_ns);
    if (b->done < b->wanted) {
        write_some(b);
    } else {
        wavu_os_stop(b->os);
    }
}

static void commits(struct bench *b, const char *folder)
{
    b->watch = (struct store_watch){.committed = on_committed, .failed = on_failed};
    CHECK(b->wanted > 0 && b->writes > 0);
    b->ms = calloc(b->wanted, sizeof *b->ms);
    CHECK(b->ms != NULL);
    unsigned long long rss_before = number_in("/proc/self/status", "RssAnon:");
    begin(b, folder);
    CHECK(store_open(b->store) == 0);
    store_watch(b->store, &b->watch);
    unsigned long long sent = number_in("/proc/self/io", "wchar:");
    uint64_t start_ns = wavu_os_now_ns();
    write_some(b);
    wavu_os_run(b->os, -1);
    double seconds = ms_since(start_ns) / 1e3;
    sent = number_in("/proc/self/io", "wchar:") - sent;
    qsort(b->ms, b->wanted, sizeof *b->ms, by_size);
    printf("{\"type\":\"store\",\"commits\":%zu,\"writesEach\":%zu,\"commitsPerSecond\":%.1f,"
           "\"bytesPerCommit\":%.0f,\"medianMs\":%.3f,\"maxMs\":%.3f,\"rssKib\":%llu}\n",
           b->wanted, b->writes, (double)b->wanted / seconds, (double)sent / (double)b->wanted,
           b->ms[b->wanted / 2], b->ms[b->wanted - 1],
           number_in("/proc/self/status", "RssAnon:") - rss_before);
    store_unwatch(&b->watch);
    end(b);
    free(b->ms);
}

/* ---- A history ---- */

static unsigned draw_rank(struct bench *b)
{
    struct random random = random_from_seeded(&b->seeded);
    return words_draw(&random);
}

static size_t write_message(struct bench *b, char out[MESSAGE_SIZE + 16])
{
    size_t len = 0;
    while (len < MESSAGE_SIZE) {
        len += words_write(out + len, draw_rank(b));
        out[len++] = ' ';
    }
    return MESSAGE_SIZE;
}

static void append_message(struct bench *b)
{
    char text[MESSAGE_SIZE + 16];
    uint64_t sequence;
    struct span bytes = span_of(text, write_message(b, text));
    CHECK(store_append(b->store, "room", bytes, &sequence) == 0);
    CHECK(store_index_put(b->store, "room", sequence, bytes) == 0);
}

static void fill(struct bench *b, const char *folder, size_t count)
{
    double worst_ms = 0;
    begin(b, folder);
    CHECK(store_open(b->store) == 0);
    unsigned long long sent = number_in("/proc/self/io", "wchar:");
    uint64_t start_ns = wavu_os_now_ns();
    for (size_t i = 0; i < count; i += FILL_COMMIT) {
        for (size_t k = 0; k < FILL_COMMIT; k++) {
            append_message(b);
        }
        uint64_t commit_ns = wavu_os_now_ns();
        CHECK(store_flush(b->store) == 0);
        double ms = ms_since(commit_ns);
        worst_ms = ms > worst_ms ? ms : worst_ms;
    }
    double seconds = ms_since(start_ns) / 1e3;
    sent = number_in("/proc/self/io", "wchar:") - sent;
    printf("{\"type\":\"fill\",\"messages\":%zu,\"messagesPerSecond\":%.0f,"
           "\"bytesPerMessage\":%.0f,\"maxCommitMs\":%.1f,\"rssKib\":%llu}\n",
           count, (double)count / seconds, (double)sent / (double)count, worst_ms,
           number_in("/proc/self/status", "RssAnon:"));
    end(b);
}

/* Milliseconds for the `count` records at `from` and before it. */
static double read_page(struct bench *b, uint64_t from, size_t count)
{
    uint64_t start_ns = wavu_os_now_ns();
    struct buf bytes;
    buf_init(&bytes, STORE_VALUE_MAX);
    for (size_t i = 0; i < count && from > 0; i++, from--) {
        CHECK(store_record_back(b->store, "room", &from, &bytes) == 0);
    }
    buf_clear(&bytes);
    return ms_since(start_ns);
}

static double cpu_ms(void)
{
    return (double)clock() * 1e3 / CLOCKS_PER_SEC;
}

/* Milliseconds for a first page of what is found. */
static double search(struct bench *b, struct span query, size_t *found)
{
    uint64_t numbers[PAGE];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = PAGE};
    uint64_t start_ns = wavu_os_now_ns();
    do {
        CHECK(store_index_find(b->store, "room", query, &page) == 0);
    } while (page.count == 0 && page.before > 0);
    *found += page.count > 0 ? 1 : 0;
    return ms_since(start_ns);
}

static void print_samples(const char *name, double *ms, size_t count)
{
    qsort(ms, count, sizeof *ms, by_size);
    printf("\"%sMs\":%.3f,\"%sP99Ms\":%.3f,\"%sMaxMs\":%.3f,", name, ms[count / 2], name,
           ms[count * 99 / 100], name, ms[count - 1]);
}

/* Searches of one kind: so many words drawn as in messages (0: one of the rarest), the last of
 * them cut to its beginning. */
static void searches(struct bench *b, const char *name, int words, bool is_cut)
{
    static double ms[SEARCHES];
    static double cpu[SEARCHES];
    size_t found = 0;
    for (size_t i = 0; i < SEARCHES; i++) {
        char text[200];
        size_t len = words == 0 ? words_write(text, (1U << WORDS_LOG2) - 2 - (unsigned)i) : 0;
        for (int k = 0; k < words; k++) {
            size_t one = words_write(text + len, draw_rank(b));
            len += is_cut && k + 1 == words ? (one + 1) / 2 : one;
            text[len++] = ' ';
        }
        len -= is_cut ? 1 : 0;
        cpu[i] = cpu_ms();
        ms[i] = search(b, span_of(text, len), &found);
        cpu[i] = cpu_ms() - cpu[i];
    }
    print_samples(name, ms, SEARCHES);
    qsort(cpu, SEARCHES, sizeof cpu[0], by_size);
    printf("\"%sCpuMs\":%.3f,\"%sCpuP99Ms\":%.3f,\"%sFound\":%zu,", name, cpu[SEARCHES / 2], name,
           cpu[SEARCHES * 99 / 100], name, found);
}

static void on_beside_committed(struct store_watch *w, uint64_t number)
{
    struct bench *b = LIST_OF(w, struct bench, watch);
    (void)number;
    b->done++;
    if (wavu_os_now_ns() >= b->end_ns) {
        wavu_os_stop(b->os);
        return;
    }
    for (size_t i = 0; i < BESIDE_COMMIT; i++) {
        append_message(b);
    }
}

/* A page from somewhere, a millisecond behind the last: most come while a commit is under way. */
static void on_beside_timer(struct timer *timer, uint64_t now)
{
    struct bench *b = LIST_OF(timer, struct bench, timer);
    struct random random = random_from_seeded(&b->seeded);
    if (b->reads < SAMPLES_MAX) {
        b->read_ms[b->reads++] = read_page(b, 1 + random_below(&random, b->wanted), 10);
    }
    timers_set(&b->port->turn.timers, timer, now + 1000000, 0);
}

static void beside(struct bench *b)
{
    b->watch = (struct store_watch){.committed = on_beside_committed, .failed = on_failed};
    b->read_ms = calloc(SAMPLES_MAX, sizeof *b->read_ms);
    CHECK(b->read_ms != NULL);
    timers_prepare(&b->timer, on_beside_timer);
    store_watch(b->store, &b->watch);
    b->end_ns = wavu_os_now_ns() + BESIDE_NS;
    timers_set(&b->port->turn.timers, &b->timer, wavu_os_now_ns(), 0);
    append_message(b);
    wavu_os_run(b->os, -1);
    timers_cancel(&b->port->turn.timers, &b->timer);
    store_unwatch(&b->watch);
    print_samples("readBeside", b->read_ms, b->reads);
    printf("\"besidePerSecond\":%.0f,",
           (double)(b->done * BESIDE_COMMIT) / ((double)BESIDE_NS / 1e9));
    free(b->read_ms);
}

static void on_checked(struct store_watch *w, const struct store_progress *p)
{
    struct bench *b = LIST_OF(w, struct bench, watch);
    b->progress = *p;
    if (p->is_done || p->err < 0) {
        wavu_os_stop(b->os);
    }
}

static void on_nothing(struct store_watch *w, uint64_t number)
{
    (void)w;
    (void)number;
}

static void check(struct bench *b)
{
    uint64_t start_ns = wavu_os_now_ns();
    b->watch =
        (struct store_watch){.committed = on_nothing, .failed = on_failed, .checked = on_checked};
    store_watch(b->store, &b->watch);
    store_inspect(b->store);
    wavu_os_run(b->os, -1);
    store_unwatch(&b->watch);
    CHECK(b->progress.is_done && b->progress.err == 0);
    printf("\"checkSeconds\":%.1f,\"checkEntries\":%llu,\"fileBytes\":%llu,",
           ms_since(start_ns) / 1e3, (unsigned long long)b->progress.entries,
           (unsigned long long)b->progress.of_bytes);
}

/* The oldest tenth in one commit. */
static void delete_some(struct bench *b)
{
    uint64_t start_ns = wavu_os_now_ns();
    CHECK(store_delete_records(b->store, "room", 1, b->wanted / 10) == 0);
    CHECK(store_flush(b->store) == 0);
    printf("\"deleted\":%zu,\"deleteMs\":%.1f,", b->wanted / 10, ms_since(start_ns));
}

static void history(struct bench *b, const char *folder)
{
    static double ms[SEARCHES];
    struct random random = random_from_seeded(&b->seeded);
    uint64_t last = UINT64_MAX;
    struct buf bytes;
    uint64_t start_ns = wavu_os_now_ns();
    begin(b, folder);
    CHECK(store_open(b->store) == 0);
    double open_ms = ms_since(start_ns);
    double newest_ms = read_page(b, UINT64_MAX, PAGE);
    printf("{\"type\":\"history\",\"openMs\":%.2f,\"newestMs\":%.2f,", open_ms, newest_ms);
    buf_init(&bytes, STORE_VALUE_MAX);
    CHECK(store_record_back(b->store, "room", &last, &bytes) == 0);
    buf_clear(&bytes);
    b->wanted = (size_t)last;
    printf("\"messages\":%zu,\"openRssKib\":%llu,", b->wanted,
           number_in("/proc/self/status", "RssAnon:"));
    for (size_t i = 0; i < SEARCHES; i++) {
        ms[i] = read_page(b, 1 + random_below(&random, last), PAGE);
    }
    print_samples("page", ms, SEARCHES);
    searches(b, "searchOne", 1, false);
    searches(b, "searchTwo", 2, false);
    searches(b, "searchRare", 0, false);
    searches(b, "searchBegun", 1, true);
    searches(b, "searchThreeBegun", 3, true);
    beside(b);
    check(b);
    delete_some(b);
    printf("\"rssKib\":%llu}\n", number_in("/proc/self/status", "RssAnon:"));
    end(b);
}

int main(int argc, char **argv)
{
    static struct bench b;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_store FOLDER [COMMITS [WRITES]]\n"
                        "       bench_store fill FOLDER [MESSAGES]\n"
                        "       bench_store history FOLDER\n");
        return 2;
    }
    if (argc > 2 && strcmp(argv[1], "fill") == 0) {
        fill(&b, argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1000000);
    } else if (argc > 2 && strcmp(argv[1], "history") == 0) {
        history(&b, argv[2]);
    } else {
        b.wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 500;
        b.writes = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
        commits(&b, argv[1]);
    }
    return 0;
}
