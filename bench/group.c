/*
 * What members of a group pay: bytes and CPU time of each message at some number of devices, and
 * entries of 100 bytes sealed and opened a second on one core, beside what the primitives alone
 * would allow in the same run.
 *
 * In: "messages" and a number of devices, at most 255, or "rates" and the seconds to spend (default
 * 0.5). Out: one JSON line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "tests/support/group_world.h"

#define CONTENT 100
#define BATCH                                                                                      \
    512 /* entries between two looks at the clock: no chain ends before its epoch does             \
         */

static double cpu_now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static struct group_world w;

/* Bytes of what `node` sent from item `first` on: to all, to one of the others, and how many. */
static void print_sent(const char *name, size_t first, double seconds)
{
    size_t said = 0;
    size_t told = 0;
    size_t each = 0;
    size_t count = 0;

    for (size_t i = first; i < w.item_count; i++) {
        if (w.items[i]->kind == GROUP_WORLD_SAID) {
            said += w.items[i]->len;
        } else if (w.items[i]->kind == GROUP_WORLD_TOLD) {
            told += w.items[i]->len;
            each = w.items[i]->len;
            count++;
        }
    }
    printf(",\"%s\":{\"said\":%zu,\"told\":%zu,\"each\":%zu,\"to\":%zu,\"senderMs\":%.3f", name,
           said, told, each, count, seconds * 1e3);
}

/* Let device 1 take what came since `first`, and print what that costs it. */
static void print_receiver(size_t first)
{
    double start = cpu_now();

    for (size_t i = first; i < w.item_count; i++) {
        (void)group_world_deliver(&w, 1, i);
    }
    printf(",\"receiverMs\":%.3f}", (cpu_now() - start) * 1e3);
    group_world_run(&w);
}

static void change(const char *name, bool is_full)
{
    size_t first = w.item_count;
    double start = cpu_now();

    CHECK(epoch_make_change(&w.nodes[0].e, w.now, is_full) == 0);
    group_world_pump(&w, 0);
    print_sent(name, first, cpu_now() - start);
    print_receiver(first);
}

static void messages(size_t count)
{
    group_world_init(&w, 1, &signer_ed25519);
    group_world_begin(&w, count);
    printf("{\"type\":\"group\",\"devices\":%zu", count);
    CHECK(group_world_write(&w, 0) == 0);
    printf(",\"entryOverhead\":%zu", w.items[w.item_count - 1]->len - 48);
    group_world_run(&w);
    change("light", false);
    change("full", true);
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    size_t first = w.item_count;
    double start = cpu_now();
    CHECK(group_world_welcome(&w, 0, newcomer) == 0);
    print_sent("welcome", first, cpu_now() - start);
    print_receiver(first);
    group_world_log(&w, 0, true, newcomer);
    group_world_run(&w);
    change("removal", false);
    struct buf state;
    group_world_steal(&w, 1, &state);
    printf(",\"state\":%zu}\n", state.len);
    buf_wipe(&state);
    group_world_clear(&w);
}

/* Sealed entries, one behind the other, and what they are. */
struct batch {
    uint8_t bytes[BATCH][CONTENT + EPOCH_SEAL_OVERHEAD_MAX];
    size_t lens[BATCH];
};

static struct batch batch;

/* A fresh epoch with all generations reserved, so that a batch is nothing but sealing. */
static void renew(void)
{
    struct entry entry = {.sequence = 1, .content = span_of(batch.bytes, 1)};
    uint8_t bytes[512];
    struct wr wr;

    CHECK(epoch_make_change(&w.nodes[0].e, w.now, false) == 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    memcpy(entry.room, w.room, 32);
    CHECK(epoch_seal_write(&w.nodes[0].e, &entry, &wr) == WAVU_ERR_AGAIN);
    group_world_pump(&w, 0);
    struct epoch_set *s = w.nodes[0].e.writing;
    s->reserved = CHAIN_GENERATIONS_MAX;
    s->asked = CHAIN_GENERATIONS_MAX;
    w.nodes[0].e.is_due_told = true;
}

static double seal_batch(void)
{
    static const uint8_t content[CONTENT] = {1};
    double start = cpu_now();

    for (size_t i = 0; i < BATCH; i++) {
        struct entry entry = {.sequence = i + 1, .content = span_of(content, CONTENT)};
        struct wr wr;
        memcpy(entry.room, w.room, 32);
        wr_init(&wr, span_mut_of(batch.bytes[i], sizeof batch.bytes[i]));
        CHECK(epoch_seal_write(&w.nodes[0].e, &entry, &wr) == 0);
        batch.lens[i] = wr.len;
    }
    return cpu_now() - start;
}

static double open_batch(void)
{
    double start = cpu_now();

    for (size_t i = 0; i < BATCH; i++) {
        uint8_t room[CONTENT + EPOCH_SEAL_OVERHEAD_MAX];
        struct entry entry;
        struct epoch_seal where;
        CHECK(epoch_seal_open(&w.nodes[1].e, w.now, span_of(batch.bytes[i], batch.lens[i]),
                              span_mut_of(room, sizeof room), &entry, &where) == 0);
    }
    return cpu_now() - start;
}

/* What cannot be left out: for a sender a signature and a sealing of content with its head, for a
 * reader an opening and a verification. */
static double bare_batch(bool is_sender)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    static const uint8_t message[72] = {1}; /* label and hash, as signer.h signs them */
    struct aead_key key = {.kind = w.nodes[0].config.kind};
    uint8_t text[CONTENT + ENTRY_PLAIN_SIZE_MAX] = {0};
    uint8_t tag[AEAD_TAG_SIZE];
    uint8_t signature[64];
    struct span ad = span_of(message, sizeof message);
    double start = 0;

    ed25519_sign(signature, &w.nodes[0].device, ad);
    start = cpu_now();
    for (size_t i = 0; i < BATCH; i++) {
        if (is_sender) {
            ed25519_sign(signature, &w.nodes[0].device, ad);
        }
        aead_seal(w.aead, &key, nonce, ad, span_mut_of(text, sizeof text), tag);
        if (!is_sender) {
            CHECK(ed25519_verify(signature, w.nodes[0].device.public_key, ad) == 0);
        }
    }
    return cpu_now() - start;
}

static void rates(double seconds)
{
    double spent[4] = {0};
    double done = 0;

    group_world_init(&w, 2, &signer_ed25519);
    group_world_begin(&w, 2);
    while (spent[0] + spent[1] < seconds) {
        renew();
        spent[0] += seal_batch();
        spent[1] += open_batch();
        spent[2] += bare_batch(true);
        spent[3] += bare_batch(false);
        done += BATCH;
    }
    printf("{\"type\":\"groupRates\",\"content\":%d,\"sealed\":%.0f,\"opened\":%.0f,\"bareSealed\":"
           "%.0f,\"bareOpened\":%.0f,\"sealedShare\":%.3f,\"openedShare\":%.3f}\n",
           CONTENT, done / spent[0], done / spent[1], done / spent[2], done / spent[3],
           spent[2] / spent[0], spent[3] / spent[1]);
    group_world_clear(&w);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "messages") == 0) {
        messages(strtoul(argv[2], NULL, 10));
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "rates") == 0) {
        rates(argc > 2 ? strtod(argv[2], NULL) : 0.5);
        return 0;
    }
    fprintf(stderr, "usage: group messages DEVICES | rates [SECONDS]\n");
    return 2;
}
