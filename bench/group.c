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
#include "tests/support/broadcasts.h"
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

/* Signatures made and checked, as the machines ask for them. */
static size_t signs;
static size_t verifies;

static void counted_sign(void *context, uint8_t signature[SIGNER_SIZE],
                         const struct ed25519_pair *pair, const char *label, struct span body)
{
    signs++;
    signer_ed25519.sign(context, signature, pair, label, body);
}

static int counted_verify(void *context, const uint8_t signature[SIGNER_SIZE],
                          const uint8_t who[ED25519_PUBLIC_SIZE], const char *label,
                          struct span body)
{
    verifies++;
    return signer_ed25519.verify(context, signature, who, label, body);
}

static const struct signer counted = {.sign = counted_sign, .verify = counted_verify};

/* What is being measured: the items from `first` on, and the fresh keys of who sends them. */
struct measured {
    size_t first;
    bool has_leaf;
    bool has_mlkem;
    double start;
};

static struct measured measure(bool has_leaf, bool has_mlkem)
{
    signs = 0;
    verifies = 0;
    return (struct measured){w.item_count, has_leaf, has_mlkem, cpu_now()};
}

/* Whether a message to one device brings a hybrid ciphertext. */
static bool is_hybrid(const struct group_world_item *item)
{
    return item->len > HYBRID_CIPHERTEXT_SIZE;
}

/* Bytes of what was sent: to all, to one of the others, and how many; the sender's operations with
 * public keys: for each message to one a fresh key and an agreement, and an encapsulation. */
static void print_sent(const char *name, const struct measured *m)
{
    double seconds = cpu_now() - m->start;
    size_t said = 0;
    size_t told = 0;
    size_t each = 0;
    size_t count = 0;
    size_t hybrid = 0;

    for (size_t i = m->first; i < w.item_count; i++) {
        if (w.items[i]->kind == GROUP_WORLD_SAID) {
            said += w.items[i]->len;
        } else if (w.items[i]->kind == GROUP_WORLD_TOLD) {
            told += w.items[i]->len;
            each = w.items[i]->len;
            hybrid += is_hybrid(w.items[i]);
            count++;
        }
    }
    printf(",\"%s\":{\"said\":%zu,\"told\":%zu,\"each\":%zu,\"to\":%zu,\"senderMs\":%.3f", name,
           said, told, each, count, seconds * 1e3);
    printf(",\"senderEd25519\":%zu,\"senderX25519\":%zu,\"senderMlkem\":%zu", signs + verifies,
           2 * count + m->has_leaf, hybrid + m->has_mlkem);
}

/* Let `node` take what came, and print what that costs it: an agreement for each message to it,
 * and, for a hybrid one, its ML-KEM key from the seed and a decapsulation. */
static void print_receiver(const struct measured *m, size_t node)
{
    size_t count = 0;
    size_t hybrid = 0;
    double start = cpu_now();

    verifies = 0;
    for (size_t i = m->first; i < w.item_count; i++) {
        (void)group_world_deliver(&w, node, i);
        if (w.items[i]->kind == GROUP_WORLD_TOLD && w.items[i]->to == node) {
            count++;
            hybrid += is_hybrid(w.items[i]);
        }
    }
    printf(",\"receiverMs\":%.3f", (cpu_now() - start) * 1e3);
    printf(",\"receiverEd25519\":%zu,\"receiverX25519\":%zu,\"receiverMlkem\":%zu}", verifies,
           count, 2 * hybrid);
    group_world_run(&w);
}

static void change(const char *name, bool is_full)
{
    struct measured m = measure(true, is_full);

    CHECK(epoch_make_change(&w.nodes[0].e, w.now, is_full) == 0);
    group_world_pump(&w, 0);
    print_sent(name, &m);
    print_receiver(&m, 1);
}

/* A newcomer asks; the answer goes to all once, and to it. */
static void welcome(void)
{
    uint8_t bytes[2048];
    struct wr wr;
    size_t newcomer = group_world_make(&w);

    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    struct measured m = measure(true, true);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    CHECK(group_world_ask(&w, newcomer, &wr) == 0);
    struct epoch_make_asked ask = {w.nodes[newcomer].device.public_key, wr_span(&wr)};
    print_sent("ask", &m);
    printf(",\"bytes\":%zu}", ask.message.len);
    m = measure(false, false);
    CHECK(epoch_make_welcome(&w.nodes[0].e, w.now, &ask, 1) == 0);
    group_world_pump(&w, 0);
    print_sent("welcome", &m);
    print_receiver(&m, newcomer);
    group_world_log(&w, 0, true, newcomer);
    group_world_run(&w);
}

/* Two heads that do not know of each other, and what their epoch is called before its first entry.
 */
static void name(void)
{
    CHECK(epoch_make_change(&w.nodes[0].e, w.now, false) == 0);
    CHECK(epoch_make_change(&w.nodes[1].e, w.now, false) == 0);
    group_world_pump(&w, 0);
    group_world_pump(&w, 1);
    group_world_run(&w);
    struct measured m = measure(false, false);
    CHECK(group_world_write(&w, 0) == 0);
    signs--; /* the entry's */
    print_sent("name", &m);
    printf("}");
    group_world_run(&w);
}

/* The dearest entry: the longest numbers, parents, and a generation of two bytes. */
static size_t dearest_entry(void)
{
    struct entry entry = {.sequence = ENTRY_NUMBER_MAX,
                          .expiry = ENTRY_NUMBER_MAX,
                          .parent_count = ENTRY_PARENTS_MAX};
    uint8_t bytes[512];
    struct wr wr;

    for (size_t i = 0; i < 130; i++) {
        CHECK(group_world_write(&w, 0) == 0);
    }
    memcpy(entry.room, w.room, 32);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    CHECK(epoch_seal_write(&w.nodes[0].e, &entry, &wr) == 0);
    return wr.len;
}

/* The rival: the message once under a fresh key, and that key sealed to each of the others by
 * X25519 of one fresh pair: nonce, key and tag. */
static void rival(size_t count)
{
    struct x25519_pair fresh;
    struct x25519_pair other;
    struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305};
    uint8_t nonce[AEAD_NONCE_SIZE] = {0};
    uint8_t tag[AEAD_TAG_SIZE];
    uint8_t secret[32] = {1};
    size_t bytes = 0;

    x25519_make(&other, &w.random);
    double start = cpu_now();
    x25519_make(&fresh, &w.random);
    for (size_t i = 1; i < count; i++) {
        CHECK(x25519_shared(key.bytes, fresh.secret, other.public_key) == 0);
        aead_seal(w.aead, &key, nonce, span_empty(), span_mut_of(secret, sizeof secret), tag);
        bytes += sizeof nonce + sizeof secret + sizeof tag;
    }
    printf(",\"ecies\":{\"bytes\":%zu,\"senderX25519\":%zu,\"senderMs\":%.3f}", bytes, count,
           (cpu_now() - start) * 1e3);
}

/* All but the log's own: `has_mlkem` says that all have published their ML-KEM leaves by now. */
static void begin(size_t count, bool has_mlkem)
{
    group_world_init(&w, 1, &counted);
    w.has_no_mlkem = !has_mlkem;
    group_world_begin(&w, count);
}

static void messages(size_t count)
{
    begin(count, false); /* as the log gives them: X25519 leaves alone */
    printf("{\"type\":\"group\",\"devices\":%zu", count);
    CHECK(group_world_write(&w, 0) == 0);
    printf(",\"entryOverhead\":%zu", w.items[w.item_count - 1]->len - 48);
    group_world_run(&w);
    rival(count);
    change("light", false);
    change("firstFull", true);
    welcome();
    change("removal", false);
    name();
    printf(",\"entryOverheadMax\":%zu", dearest_entry());
    group_world_clear(&w);
    begin(count, true);
    change("full", true);
    size_t gone = group_world_make(&w);
    group_world_log(&w, 0, false, gone);
    group_world_log(&w, 0, true, gone);
    group_world_run(&w);
    change("fullRemoval", true);
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
    struct entry entries[BATCH];
    struct entry_proof_named by[BATCH]; /* how broadcasts name them */
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
        batch.entries[i] = entry;
    }
    double spent = cpu_now() - start;

    for (size_t i = 0; i < BATCH; i++) {
        broadcasts_name(&batch.by[i], &batch.entries[i], w.group);
    }
    return spent;
}

static double open_batch(void)
{
    double start = cpu_now();

    for (size_t i = 0; i < BATCH; i++) {
        uint8_t room[CONTENT + EPOCH_SEAL_OVERHEAD_MAX];
        struct entry entry;
        struct epoch_seal where;
        const struct epoch_seal_came came = {.bytes = span_of(batch.bytes[i], batch.lens[i]),
                                             .by = &batch.by[i]};
        CHECK(epoch_seal_open(&w.nodes[1].e, w.now, &came, span_mut_of(room, sizeof room), &entry,
                              &where) == 0);
    }
    return cpu_now() - start;
}

/* What cannot be left out: for a sender a signature and a sealing of content with its head, for a
 * reader an opening and the hashes of content and body; the mesh has verified the broadcast. */
static double bare_batch(bool is_sender)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    static const uint8_t message[72] = {1}; /* label and hash, as signer.h signs them */
    struct aead_key key = {.kind = w.nodes[0].config.kind};
    uint8_t text[CONTENT + ENTRY_PLAIN_SIZE_MAX] = {0};
    uint8_t tag[AEAD_TAG_SIZE];
    uint8_t signature[64];
    static const uint8_t body[ENTRY_BODY_SIZE];
    uint8_t hash[HASH_SHA256_SIZE];
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
            hash_sha256(hash, span_of(text, CONTENT));
            hash_sha256(hash, span_of(body, sizeof body));
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
