/*
 * Sessions: ratchet steps, messages of 100 bytes sealed and opened, turns, starts; and beside them
 * the primitives of one message alone, with the same functions of crypto/ on the same lengths.
 *
 * A step is one derivation of the symmetric chain, 96 bytes of HKDF: the next chain key, a
 * message's key, its salt. The primitives of a message are one step, one AEAD over 41 bytes of
 * header, one over 101 of body, and for sealing one HMAC over both. A turn is a message sealed and
 * opened that brings a new X25519 key: one pair and two agreements. All take turns in small
 * batches, so that a slow minute of the machine hits them alike; a figure is the median batch's CPU
 * time.
 *
 * In: batches (argv[1], default 200). Out: one JSON line with figures a second on one core and the
 * bytes of each message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "courier/session.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "tests/support/ratchet_pair.h"
#include "tests/support/session_world.h"

#define BATCHES_MAX 2000 /* of RATCHET_CHAIN_MAX messages without an answer, with all others */
#define MESSAGES 200     /* in a batch */
#define FEW 5            /* turns and starts in a batch */
#define TEXT 100
#define LENGTH (RATCHET_OVERHEAD + TEXT)

enum what {
    STEPS,
    SEAL_CHACHA,
    OPEN_CHACHA,
    PRIMITIVES_SEAL_CHACHA,
    PRIMITIVES_OPEN_CHACHA,
    SEAL_AES,
    OPEN_AES,
    PRIMITIVES_SEAL_AES,
    PRIMITIVES_OPEN_AES,
    TURNS,
    START_WRITE,
    START_READ,
    WHATS
};

static const char *const names[WHATS] = {"steps",
                                         "sealChaCha",
                                         "openChaCha",
                                         "sealChaChaPrimitives",
                                         "openChaChaPrimitives",
                                         "sealAes",
                                         "openAes",
                                         "sealAesPrimitives",
                                         "openAesPrimitives",
                                         "turns",
                                         "startsWritten",
                                         "startsRead"};

static double seconds[WHATS][BATCHES_MAX]; /* of one */
static struct ratchet_pair pair;           /* talks in one direction */
static struct ratchet_pair turning;
static struct session_world world;
static uint8_t messages[MESSAGES][LENGTH];
static uint8_t text[TEXT];

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void steps(void)
{
    uint8_t out[96] = {1};
    for (int i = 0; i < MESSAGES; i++) {
        kdf(span_mut_of(out, sizeof(out)), span_of(out, 32), "wavu bench chain 1", NULL, 0);
    }
}

static void seal(enum aead_kind kind)
{
    pair.kind = kind;
    const struct ratchet_env env = ratchet_pair_env(&pair, 0);
    for (int i = 0; i < MESSAGES; i++) {
        struct wr w;
        wr_init(&w, span_mut_of(messages[i], LENGTH));
        CHECK(ratchet_seal(&pair.r[0], &env, span_of(text, TEXT), LENGTH, &w) == 0);
    }
}

static void open(void)
{
    const struct ratchet_env env = ratchet_pair_env(&pair, 1);
    for (int i = 0; i < MESSAGES; i++) {
        struct span content;
        enum ratchet_news news;
        CHECK(ratchet_open(&pair.r[1], &env, span_mut_of(messages[i], LENGTH), &content, &news) ==
              0);
        CHECK(content.len == TEXT);
    }
}

/* What no implementation of this protocol can do without, for each message. */
static void primitives_seal(enum aead_kind kind)
{
    struct aead_key key = {.kind = kind};
    uint8_t keys[96] = {1};
    uint8_t mac[32];
    const uint8_t ad[90] = {0};
    for (int i = 0; i < MESSAGES; i++) {
        uint8_t *m = messages[i];
        kdf(span_mut_of(keys, sizeof(keys)), span_of(keys, 32), "wavu bench chain 1", NULL, 0);
        const struct span all = span_of(m, RATCHET_HEADER_SIZE + 1 + TEXT);
        hash_hmac_sha256(mac, span_of(keys + 64, 32), &all, 1);
        aead_seal(pair.aead, &key, mac, span_of(ad, 33), span_mut_of(m, RATCHET_HEADER_SIZE),
                  m + 41);
        memcpy(key.bytes, keys + 32, 32);
        aead_seal(pair.aead, &key, mac, span_of(ad, 90), span_mut_of(m + 57, 1 + TEXT),
                  m + 57 + 1 + TEXT);
    }
}

/* Opens what primitives_seal left: the keys are found again in the same order. */
static void primitives_open(enum aead_kind kind)
{
    struct aead_key key = {.kind = kind};
    uint8_t keys[96] = {1};
    static uint8_t macs[MESSAGES][32];
    static uint8_t sealed[MESSAGES][LENGTH];
    const uint8_t ad[90] = {0};
    static bool is_made[2];
    static uint8_t kept[2][MESSAGES][LENGTH];
    static uint8_t kept_macs[2][MESSAGES][32];
    if (!is_made[kind]) {
        uint8_t k[96] = {1};
        struct aead_key with = {.kind = kind};
        for (int i = 0; i < MESSAGES; i++) {
            uint8_t *m = kept[kind][i];
            kdf(span_mut_of(k, sizeof(k)), span_of(k, 32), "wavu bench chain 1", NULL, 0);
            memset(kept_macs[kind][i], i, 32);
            aead_seal(pair.aead, &with, kept_macs[kind][i], span_of(ad, 33),
                      span_mut_of(m, RATCHET_HEADER_SIZE), m + 41);
            memcpy(with.bytes, k + 32, 32);
            aead_seal(pair.aead, &with, kept_macs[kind][i], span_of(ad, 90),
                      span_mut_of(m + 57, 1 + TEXT), m + 57 + 1 + TEXT);
        }
        is_made[kind] = true;
    }
    memcpy(sealed, kept[kind], sizeof(sealed));
    memcpy(macs, kept_macs[kind], sizeof(macs));
    for (int i = 0; i < MESSAGES; i++) {
        uint8_t *m = sealed[i];
        kdf(span_mut_of(keys, sizeof(keys)), span_of(keys, 32), "wavu bench chain 1", NULL, 0);
        CHECK(aead_open(pair.aead, &key, macs[i], span_of(ad, 33),
                        span_mut_of(m, RATCHET_HEADER_SIZE), m + 41) == 0);
        memcpy(key.bytes, keys + 32, 32);
        CHECK(aead_open(pair.aead, &key, macs[i], span_of(ad, 90), span_mut_of(m + 57, 1 + TEXT),
                        m + 57 + 1 + TEXT) == 0);
    }
}

static void turns(void)
{
    for (int i = 0; i < FEW; i++) {
        struct ratchet_mail m;
        const int who = i % 2;
        CHECK(ratchet_pair_seal(&turning, who, "turn", RATCHET_OVERHEAD + 4, &m) == 0);
        CHECK(ratchet_pair_open(&turning, 1 - who, &m) == 0);
    }
    /* An odd number: the next batch begins with the other. */
    struct ratchet_pair *p = &turning;
    struct ratchet r = p->r[0];
    p->r[0] = p->r[1];
    p->r[1] = r;
}

static uint8_t preludes[FEW][SESSION_START_PRELUDE_MAX];
static size_t prelude_len;

static void start_write(void)
{
    struct prekeys_msg bundle;
    struct session_start s = {.round = 1};
    const struct ratchet_env env = {.aead = world.aead, .random = &world.p[0].random};
    CHECK(prekeys_msg_decode(&bundle, PREKEYS_MSG_BUNDLE, prekeys_bundle(&world.p[1].prekeys)) ==
          0);
    for (int i = 0; i < FEW; i++) {
        struct wr w;
        wr_init(&w, span_mut_of(preludes[i], sizeof(preludes[i])));
        CHECK(session_start_write(&s, &world.p[0].prekeys, &bundle, &env, &w) == 0);
        prelude_len = w.len;
    }
}

static void start_read(void)
{
    struct session_start s;
    size_t used;
    const struct ratchet_env env = {.aead = world.aead};
    for (int i = 0; i < FEW; i++) {
        CHECK(session_start_read(&s, &world.p[1].prekeys, &env, span_of(preludes[i], prelude_len),
                                 &used) == 0);
    }
}

/* Do one batch of `what`; how many there are in it. */
static int work(enum what what)
{
    switch (what) {
    case STEPS:
        steps();
        return MESSAGES;
    case SEAL_CHACHA:
    case SEAL_AES:
        seal(what == SEAL_AES ? AEAD_AES256_GCM : AEAD_CHACHA20_POLY1305);
        return MESSAGES;
    case OPEN_CHACHA:
    case OPEN_AES:
        open();
        return MESSAGES;
    case PRIMITIVES_SEAL_CHACHA:
    case PRIMITIVES_SEAL_AES:
        primitives_seal(what == PRIMITIVES_SEAL_AES ? AEAD_AES256_GCM : AEAD_CHACHA20_POLY1305);
        return MESSAGES;
    case PRIMITIVES_OPEN_CHACHA:
    case PRIMITIVES_OPEN_AES:
        primitives_open(what == PRIMITIVES_OPEN_AES ? AEAD_AES256_GCM : AEAD_CHACHA20_POLY1305);
        return MESSAGES;
    case TURNS:
        turns();
        return FEW;
    case START_WRITE:
        start_write();
        return FEW;
    case START_READ:
    case WHATS:
        break;
    }
    start_read();
    return FEW;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const long wish = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    const size_t batches = wish < 1 ? 1 : wish > BATCHES_MAX ? BATCHES_MAX : (size_t)wish;
    CHECK(secret_start() == 0);
    ratchet_pair_init(&pair, 1);
    ratchet_pair_init(&turning, 2);
    session_world_init(&world, 3);
    for (size_t i = 0; i < batches; i++) {
        for (int what = 0; what < WHATS; what++) {
            const double begun = now();
            const int count = work((enum what)what);
            seconds[what][i] = (now() - begun) / count;
        }
    }
    printf("{\"type\":\"session\"");
    for (int what = 0; what < WHATS; what++) {
        qsort(seconds[what], batches, sizeof(double), compare);
        printf(",\"%s\":%.0f", names[what], 1 / seconds[what][batches / 2]);
    }
    printf(",\"bytes\":{\"message\":%d,\"prelude\":%zu,\"bundle\":%zu,\"card\":%zu,"
           "\"exchange\":%d}}\n",
           RATCHET_OVERHEAD, prelude_len, prekeys_bundle(&world.p[1].prekeys).len,
           prekeys_card(&world.p[1].prekeys).len,
           MLKEM_PUBLIC_SIZE + MLKEM_CIPHERTEXT_SIZE + 2 * (RATCHET_PQ_HEAD - 1));
    return 0;
}
