/*
 * Histories of a room over the system's files. One JSON line goes out.
 *
 *   bench_history fill FOLDER [MESSAGES [DEVICES]]
 *     Entries of 100 bytes of text by so many devices, each linking to the one before, with their
 *     words; signatures are not made. The folder must have no store.
 *   bench_history home FOLDER [MESSAGES [DEVICES]]
 *     Likewise in the main room of a network that a node makes there: a home for 'wavu up'.
 *   bench_history FOLDER [DEVICES]
 *     What a start, a page, a message after edits, a search, an entry more and a revocation cost in
 *     a folder that was filled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bench/words.h"
#include "chat/history.h"
#include "chat/history_cut.h"
#include "chat/history_view.h"
#include "node/wavu_networks.h"
#include "store/store_key.h"
#include "wavu/chat.h"
#include "wavu/mesh.h"
#include "wavu/os.h"

#define TEXT_SIZE 100
#define FILL_COMMIT 500 /* messages */
#define PAGE 50
#define SAMPLES 400
#define DEVICES_MAX 1000
#define TRIES_MAX 1000 /* turns of 10 ms until a node's own room takes what it says */

struct bench {
    struct wavu_os *os;
    struct port *port;
    struct store *store;
    struct history history;
    struct history_config config;
    uint8_t key[STORE_KEY_SIZE]; /* the store's */
    struct random_seeded seeded;
    struct random random;
    struct ed25519_pair pairs[DEVICES_MAX];
    size_t devices;
};

static unsigned long long rss_kib(void)
{
    char line[256];
    unsigned long long value = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "RssAnon:", 8) == 0) {
            value = strtoull(line + 8, NULL, 10);
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

static void print_samples(const char *name, double *ms, size_t count)
{
    qsort(ms, count, sizeof *ms, by_size);
    printf("\"%sMs\":%.3f,\"%sP99Ms\":%.3f,\"%sMaxMs\":%.3f,", name, ms[count / 2], name,
           ms[count * 99 / 100], name, ms[count - 1]);
}

/* Entries are trusted here: what is measured is the store's part. */
static void no_sign(void *context, uint8_t signature[SIGNER_SIZE], const struct ed25519_pair *pair,
                    const char *label, struct span body)
{
    (void)context;
    (void)pair;
    (void)label;
    (void)body;
    memset(signature, 0x5a, SIGNER_SIZE);
}

static int no_verify(void *context, const uint8_t signature[SIGNER_SIZE],
                     const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    (void)context;
    (void)signature;
    (void)who;
    (void)label;
    (void)body;
    return 0;
}

static const struct signer no_signer = {.sign = no_sign, .verify = no_verify};

static void begin(struct bench *b, const char *folder, size_t devices)
{
    b->devices = devices;
    CHECK(devices > 0 && devices <= DEVICES_MAX);
    b->os = wavu_os_new();
    CHECK(b->os != NULL);
    b->port = wavu_os_port_new(b->os, folder);
    random_seeded_init(&b->seeded, 1);
    b->random = random_from_seeded(&b->seeded);
    for (size_t i = 0; i < devices; i++) {
        memset(b->pairs[i].public_key, 7, 32);
        memcpy(b->pairs[i].public_key, &i, sizeof i);
    }
    b->config = (struct history_config){.random = &b->random, .signer = &no_signer, .network = {9}};
    memcpy(b->config.member, b->pairs[0].public_key, 32);
    memcpy(b->config.device, b->pairs[0].public_key, 32);
    b->key[0] = 1;
}

static void on_member(void *context, const struct wavu_network_member *member)
{
    struct bench *b = context;
    CHECK(member->is_self && wavu_networks_id(b->config.member, member->id) == 0);
}

/* Let a node make a network in its home and say something there; then its history is ours. */
static void make_home(struct bench *b)
{
    const struct wavu_mesh_config mesh = {.has_discovery = false};
    const struct wavu_config config = {.port = b->port, .mesh = &mesh};
    struct wavu_node *node = NULL;
    char id[WAVU_KEY_TEXT_MAX];
    int rc = WAVU_ERR_AGAIN;
    CHECK(wavu_node_new(&config, &node) == 0);
    CHECK(wavu_network_make(node, "history", NULL, id) == 0);
    for (size_t i = 0; rc == WAVU_ERR_AGAIN && i < TRIES_MAX; i++) {
        wavu_os_run(b->os, 10);
        rc = wavu_say(node, NULL, "first", 5, NULL);
    }
    CHECK(rc == 0);
    wavu_os_run(b->os, 10); /* it is on the disk then */
    CHECK(wavu_network_members(node, NULL, on_member, b) == 0);
    CHECK(wavu_networks_id(b->config.network, id) == 0);
    memcpy(b->config.founder, b->config.member, 32);
    wavu_node_free(node);
    CHECK(store_key_open(b->key, b->port, span_empty()) == 0);
}

static void open_store(struct bench *b)
{
    const struct store_config config = {.port = b->port, .kind = STORE_DISK, .key = b->key};
    CHECK(store_new(&config, &b->store) == 0);
    CHECK(store_open(b->store) == 0);
    b->config.store = b->store;
    CHECK(history_begin(&b->history, &b->config) == 0);
}

static void end(struct bench *b)
{
    history_clear(&b->history);
    store_free(b->store);
    wavu_os_port_free(b->port);
    wavu_os_free(b->os);
}

/* ---- Entries ---- */

static const uint8_t *group_of(const struct bench *b)
{
    size_t at = 0;
    return history_next_room(&b->history, &at)->id;
}

/* One of the devices says something, and it is kept. */
static void say(struct bench *b)
{
    char text[TEXT_SIZE + 16];
    uint8_t content[TEXT_SIZE + 32];
    size_t which = (size_t)random_below(&b->random, b->devices);
    struct content c = {.kind = CONTENT_TEXT};
    struct history_event event;
    struct entry e = {.has_content = true};
    struct wr w;
    size_t len = 0;
    while (len < TEXT_SIZE) {
        len += words_write(text + len, words_draw(&b->random));
        text[len++] = ' ';
    }
    c.text = span_of(text, TEXT_SIZE);
    wr_init(&w, span_mut_of(content, sizeof content));
    content_write(&w, &c);
    e.content = wr_span(&w);
    memcpy(b->history.config.device, b->pairs[which].public_key, 32);
    CHECK(history_draft(&b->history, group_of(b), &e) == 0);
    CHECK(entry_sign(&e, b->config.network, &no_signer, &b->pairs[which]) == 0);
    const struct history_said said = {.entry = &e, .member = b->pairs[which].public_key};
    CHECK(history_feed(&b->history, UINT64_C(1000000000), &said) == 0);
    while (history_next_event(&b->history, &event)) {
    }
}

/* A folder that begin() has taken. */
static void fill(struct bench *b, size_t count)
{
    double worst_ms = 0;
    double feed_ms = 0;
    open_store(b);
    uint64_t start_ns = wavu_os_now_ns();
    for (size_t i = 0; i < count; i += FILL_COMMIT) {
        uint64_t feed_ns = wavu_os_now_ns();
        for (size_t k = 0; k < FILL_COMMIT; k++) {
            say(b);
        }
        feed_ms += ms_since(feed_ns);
        uint64_t commit_ns = wavu_os_now_ns();
        CHECK(store_flush(b->store) == 0);
        double ms = ms_since(commit_ns);
        worst_ms = ms > worst_ms ? ms : worst_ms;
    }
    printf("{\"type\":\"historyFill\",\"messages\":%zu,\"devices\":%zu,\"messagesPerSecond\":%.0f,"
           "\"feedUs\":%.1f,\"maxCommitMs\":%.1f,\"rssKib\":%llu}\n",
           count, b->devices, (double)count / (ms_since(start_ns) / 1e3),
           feed_ms * 1e3 / (double)count, worst_ms, rss_kib());
    end(b);
}

/* ---- A long history ---- */

static void pages(struct bench *b, const struct history_room *room)
{
    static double ms[SAMPLES];
    static struct history_message message;
    struct history_item items[PAGE];
    for (size_t i = 0; i < SAMPLES; i++) {
        struct history_page page = {.items = items, .max = PAGE};
        page.at.height = i == 0 ? UINT64_MAX : 1 + random_below(&b->random, room->last);
        uint64_t start_ns = wavu_os_now_ns();
        CHECK(history_view_page(room, &page) == 0);
        for (size_t k = 0; k < page.count; k++) {
            CHECK(history_view_at(room, items[k].number, &message) == 0);
            history_view_clear(&message);
        }
        ms[i] = ms_since(start_ns);
        if (i == 0) {
            printf("\"newestMs\":%.2f,", ms[0]);
        }
    }
    print_samples("page", ms, SAMPLES);
}

static void searches(struct bench *b, const struct history_room *room)
{
    static double ms[SAMPLES];
    uint64_t numbers[PAGE];
    char text[64];
    for (size_t i = 0; i < SAMPLES; i++) {
        struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = PAGE};
        size_t len = words_write(text, words_draw(&b->random));
        uint64_t start_ns = wavu_os_now_ns();
        do {
            CHECK(history_view_find(room, span_of(text, len), &page) == 0);
        } while (page.count == 0 && page.before > 0);
        ms[i] = ms_since(start_ns);
    }
    print_samples("search", ms, SAMPLES);
}

static void feeds(struct bench *b)
{
    static double ms[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        uint64_t start_ns = wavu_os_now_ns();
        say(b);
        ms[i] = ms_since(start_ns);
        CHECK(store_flush(b->store) == 0);
    }
    print_samples("feed", ms, SAMPLES);
}

static void revocations(struct bench *b)
{
    static double ms[DEVICES_MAX];
    size_t count = b->devices < 20 ? b->devices : 20;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *key = b->pairs[i].public_key;
        uint64_t start_ns = wavu_os_now_ns();
        CHECK(history_cut_set(&b->history, key, key, true) == 0);
        ms[i] = ms_since(start_ns);
        CHECK(history_cut_set(&b->history, key, key, false) == 0);
        CHECK(store_flush(b->store) == 0);
    }
    print_samples("revoke", ms, count);
}

static void measure(struct bench *b, const char *folder, size_t devices)
{
    begin(b, folder, devices);
    uint64_t start_ns = wavu_os_now_ns();
    open_store(b);
    double open_ms = ms_since(start_ns);
    struct history_room *room = history_room(&b->history, group_of(b));
    start_ns = wavu_os_now_ns();
    CHECK(history_open(&b->history, room) == 0);
    printf("{\"type\":\"history\",\"startMs\":%.2f,\"roomMs\":%.2f,\"messages\":%llu,"
           "\"startRssKib\":%llu,",
           open_ms, ms_since(start_ns), (unsigned long long)room->last, rss_kib());
    pages(b, room);
    searches(b, room);
    feeds(b);
    revocations(b);
    printf("\"rssKib\":%llu}\n", rss_kib());
    end(b);
}

int main(int argc, char **argv)
{
    static struct bench b;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_history fill FOLDER [MESSAGES [DEVICES]]\n"
                        "       bench_history home FOLDER [MESSAGES [DEVICES]]\n"
                        "       bench_history FOLDER [DEVICES]\n");
        return 2;
    }
    bool is_home = strcmp(argv[1], "home") == 0;
    if (argc > 2 && (is_home || strcmp(argv[1], "fill") == 0)) {
        begin(&b, argv[2], argc > 4 ? strtoul(argv[4], NULL, 10) : 50);
        if (is_home) {
            make_home(&b);
        }
        fill(&b, argc > 3 ? strtoul(argv[3], NULL, 10) : 1000000);
    } else {
        measure(&b, argv[1], argc > 2 ? strtoul(argv[2], NULL, 10) : 50);
    }
    return 0;
}
