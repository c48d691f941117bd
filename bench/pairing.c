/*
 * What joining with a code, sealed boxes, safety numbers and a backup's passphrase cost, in CPU
 * time of one core, and the bytes of a joining.
 *
 * In: how many of each (argv[1], default 200). Out: one JSON line, microseconds each (the median of
 * all), `stretch` in milliseconds, `bytes` of all messages of a joining with an empty welcome.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/sealed.h"
#include "crypto/secret.h"
#include "crypto/stretch.h"
#include "members/safety_number.h"
#include "tests/support/pairing_world.h"

#define COUNT_MAX 10000

enum figure { HOST, GUEST, MAKE, OPEN, MAKE_CLASSIC, OPEN_CLASSIC, SAFETY, FIGURES };

static double times[FIGURES][COUNT_MAX];

static double now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec * 1e-3;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(enum figure figure, size_t count)
{
    qsort(times[figure], count, sizeof(double), compare);
    return times[figure][count / 2];
}

/* One message from the guest to the host, and what the host says to it. */
static size_t carry_to_host(struct pairing_talk *t, double *spent)
{
    const double start = now_us();
    if (pairing_host_feed(t->h, t->now, t->run, buf_span(&t->guest.message)) != 0) {
        fail("a joining");
    }
    *spent += now_us() - start;
    pairing_world_host(&t->host, t->h);
    return t->guest.message.len;
}

static size_t carry_to_guest(struct pairing_talk *t, double *spent)
{
    const double start = now_us();
    if (pairing_guest_feed(t->g, t->now, buf_span(&t->host.message[0])) != 0) {
        fail("a joining");
    }
    *spent += now_us() - start;
    pairing_world_guest(&t->guest, t->g);
    return t->host.message[0].len;
}

/* A whole joining. Returns its bytes. */
static size_t join(struct pairing_world *w, double *host, double *guest)
{
    static const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {1};
    struct pairing_host h;
    struct pairing_guest g;
    struct pairing_talk t = {.h = &h, .g = &g, .now = 1};
    const struct pairing_link to = pairing_world_link(&w->alice, 1);
    const struct pairing_link from = pairing_world_link(&w->baraka, 1);
    size_t bytes = 0;
    if (pairing_host_init(&h, &w->alice.means, w->network) != 0 ||
        pairing_guest_init(&g, &w->baraka.means, &w->code) != 0) {
        fail("a joining");
    }
    double start = now_us();
    if (pairing_guest_begin(&g, 1, &to) != 0) {
        fail("a joining");
    }
    *guest += now_us() - start;
    if (pairing_host_open(&h, 1, &w->code) != 0 ||
        pairing_host_begin(&h, 1, &from, source, &t.run) != 0) {
        fail("a joining");
    }
    pairing_world_guest(&t.guest, &g);
    bytes += carry_to_host(&t, host);
    bytes += carry_to_guest(&t, guest);
    bytes += carry_to_host(&t, host);
    bytes += carry_to_guest(&t, guest);
    start = now_us();
    if (pairing_host_welcome(&h, 1, t.run, span_empty()) != 0) {
        fail("a welcome");
    }
    *host += now_us() - start;
    pairing_world_host(&t.host, &h);
    bytes += carry_to_guest(&t, guest);
    start = now_us();
    if (pairing_guest_answer(&g, span_empty()) != 0) {
        fail("an answer");
    }
    *guest += now_us() - start;
    pairing_world_guest(&t.guest, &g);
    bytes += carry_to_host(&t, host);
    pairing_world_talk_clear(&t);
    pairing_guest_clear(&g);
    pairing_host_clear(&h);
    return bytes;
}

/* Both forms of a box with 100 bytes, made and opened. */
static void boxes(const struct sealed_means *means, const struct hybrid_pair *pair, size_t at)
{
    static const uint8_t plain[100];
    const struct span text = span_of(plain, sizeof plain);
    uint8_t public_key[HYBRID_PUBLIC_SIZE];
    struct buf box;
    struct buf out;
    hybrid_public(public_key, pair);
    buf_init(&box, 4096);
    buf_init(&out, 4096);
    const double begin = now_us();
    int rc = sealed_make(means, public_key, span_empty(), text, &box);
    const double made = now_us();
    rc |= sealed_open(means, pair, span_empty(), buf_span(&box), &out);
    const double opened = now_us();
    box.len = 0;
    out.len = 0;
    const double again = now_us();
    rc |= sealed_make_classic(means, pair->x25519.public_key, span_empty(), text, &box);
    const double made_classic = now_us();
    rc |= sealed_open_classic(means, &pair->x25519, span_empty(), buf_span(&box), &out);
    const double opened_classic = now_us();
    if (rc != 0) {
        fail("a box");
    }
    times[MAKE][at] = made - begin;
    times[OPEN][at] = opened - made;
    times[MAKE_CLASSIC][at] = made_classic - again;
    times[OPEN_CLASSIC][at] = opened_classic - made_classic;
    buf_clear(&box);
    buf_clear(&out);
}

static double stretch_ms(void)
{
    static const uint8_t salt[STRETCH_SALT_SIZE];
    const struct stretch_cost cost = {.memory_kib = 65536, .passes = 3};
    uint8_t key[STRETCH_KEY_SIZE];
    const double start = now_us();
    if (stretch_key(key, span_from_text("passphrase"), salt, cost) != 0) {
        fail("Argon2id");
    }
    return (now_us() - start) / 1000;
}

int main(int argc, char **argv)
{
    const long asked = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    const size_t count = asked < 1 ? 1 : asked > COUNT_MAX ? COUNT_MAX : (size_t)asked;
    struct pairing_world w;
    struct hybrid_pair pair;
    size_t bytes = 0;
    if (secret_start() != 0) {
        fail("starting");
    }
    pairing_world_init(&w, 1);
    hybrid_make(&pair, &w.random);
    const struct sealed_means means = {
        .aead = w.aead, .random = &w.random, .aead_kind = AEAD_CHACHA20_POLY1305};
    for (size_t i = 0; i < count; i++) {
        uint8_t text[SAFETY_NUMBER_TEXT_MAX];
        struct wr out;
        bytes = join(&w, &times[HOST][i], &times[GUEST][i]);
        boxes(&means, &pair, i);
        wr_init(&out, span_mut_of(text, sizeof text));
        const double start = now_us();
        safety_number_write(&out, w.alice.self.root, w.baraka.self.root);
        times[SAFETY][i] = now_us() - start;
    }
    printf("{\"type\": \"pairing\", \"host\": %.1f, \"guest\": %.1f, \"bytes\": %zu, ",
           median(HOST, count), median(GUEST, count), bytes);
    printf("\"make\": %.1f, \"open\": %.1f, \"makeClassic\": %.1f, \"openClassic\": %.1f, ",
           median(MAKE, count), median(OPEN, count), median(MAKE_CLASSIC, count),
           median(OPEN_CLASSIC, count));
    printf("\"safety\": %.1f, \"stretch\": %.1f}\n", median(SAFETY, count), stretch_ms());
    pairing_world_clear(&w);
    return 0;
}
