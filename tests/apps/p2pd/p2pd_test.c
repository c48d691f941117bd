/*
 * The daemon on its sockets: two of them in one process, driven byte by byte as programs of others
 * do, well and badly.
 */
#include "apps/p2pd/p2pd.h"

#include <poll.h>
#include <sys/un.h>

#include "apps/p2pd/p2pd_client.h"
#include "apps/p2pd/p2pd_form.h"
#include "apps/p2pd/p2pd_msg.h"
#include "apps/p2pd/p2pd_programs.h"
#include "base/varint.h"
#include "tests/os/world.h"

#define ANSWER_MAX 65536

static char folder[64];
static struct p2pd daemons[2];
static struct p2pd_flags flags[2];
static char sockets[2][128];
static char ids[2][WAVU_PEER_TEXT_MAX];
static struct p2pd_form_peer id_bytes[2];

static void start_one(size_t i, int count, char *const *words)
{
    struct p2pd_failure why;
    (void)snprintf(sockets[i], sizeof sockets[i], "/unix%s/%zu", folder, i);
    p2pd_flags_init(&flags[i]);
    flags[i].listen = sockets[i];
    flags[i].host_addresses = "/ip4/127.0.0.1/tcp/0";
    assert_true(p2pd_flags_parse(&flags[i], count, words));
    assert_true(p2pd_start(&daemons[i], &flags[i], &why));
    wavu_node_id(daemons[i].node, ids[i]);
    p2pd_form_bytes(ids[i], &id_bytes[i]);
}

static void start(void)
{
    world_folder_make(folder);
    start_one(0, 0, NULL);
    start_one(1, 0, NULL);
}

static void stop(void)
{
    p2pd_end(&daemons[0]);
    p2pd_end(&daemons[1]);
    world_folder_remove(folder);
}

static void turn(void)
{
    for (size_t i = 0; i < 2; i++) {
        if (daemons[i].os != NULL) {
            wavu_os_run(daemons[i].os, 1);
        }
    }
}

/* A plain connection to a daemon's socket. */
static int program(size_t i)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%zu", folder, i);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void put(int fd, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        assert_true(sent > 0 || errno == EAGAIN);
        at += sent > 0 ? sent : 0;
        len -= sent > 0 ? (size_t)sent : 0;
        turn();
    }
}

/* Exactly `len` bytes; or fewer, when the other side ends before. */
static size_t get(int fd, uint8_t *out, size_t len)
{
    size_t got = 0;
    uint64_t end_ns = wavu_os_now_ns() + WORLD_LIMIT_NS;
    while (got < len) {
        ssize_t more = recv(fd, out + got, len - got, 0);
        if (more == 0 || (more < 0 && errno != EAGAIN)) {
            return got;
        }
        got += more > 0 ? (size_t)more : 0;
        assert_true(wavu_os_now_ns() < end_ns);
        turn();
    }
    return got;
}

/* One frame; its body is in `out`. */
static struct span get_frame(int fd, uint8_t out[ANSWER_MAX])
{
    uint64_t len = 0;
    size_t have = 0;
    size_t used = 0;
    do {
        assert_int_equal(get(fd, out + have, 1), 1);
        have++;
    } while (varint_decode(span_of(out, have), &len, &used) == WAVU_ERR_AGAIN);
    assert_true(len < ANSWER_MAX);
    assert_int_equal(get(fd, out, (size_t)len), len);
    return span_of(out, (size_t)len);
}

static size_t frame(const struct p2pd_msg_request *m, uint8_t out[ANSWER_MAX])
{
    struct wr w;
    static uint8_t body[ANSWER_MAX];
    wr_init(&w, span_mut_of(body, sizeof body));
    p2pd_msg_encode(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    size_t prefix = varint_encode(w.len, out);
    memcpy(out + prefix, body, w.len);
    return prefix + w.len;
}

static uint8_t answer_bytes[ANSWER_MAX];

static struct span ask(int fd, const struct p2pd_msg_request *m)
{
    uint8_t bytes[ANSWER_MAX];
    put(fd, bytes, frame(m, bytes));
    return get_frame(fd, answer_bytes);
}

/* The sentence of an ERROR; empty when the answer is OK. */
static struct span sentence(struct span answer)
{
    struct pb p;
    struct pb_field field;
    struct span said = span_empty();
    pb_init(&p, answer);
    while (pb_next(&p, &field)) {
        if (field.number == 2 && field.wire == PB_BYTES) {
            said = span_slice(field.bytes, 2, field.bytes.len); /* tag and length, of one byte */
        }
    }
    assert_int_equal(pb_finish(&p), 0);
    return said;
}

static void check_ok(struct span answer)
{
    assert_int_equal(sentence(answer).len, 0);
}

static void check_error(struct span answer, const char *wanted)
{
    struct span said = sentence(answer);
    assert_true(span_is_equal(said, span_from_text(wanted)));
}

static void check_closed(int fd)
{
    uint8_t byte;
    assert_int_equal(get(fd, &byte, 1), 0);
    assert_int_equal(close(fd), 0);
}

/* Daemon 0 is connected to daemon 1. */
static void join(int fd)
{
    char text[WAVU_ADDRESS_TEXT_MAX];
    struct multiaddr address;
    assert_true(p2pd_host_address(&daemons[1], 0, text));
    assert_true(p2pd_form_address(text, &address));
    struct p2pd_msg_request m = {.type = P2PD_MSG_CONNECT,
                                 .has_body = true,
                                 .peer = span_of(id_bytes[1].bytes, id_bytes[1].len),
                                 .addresses = {multiaddr_span(&address)},
                                 .address_count = 1,
                                 .timeout_s = 10};
    check_ok(ask(fd, &m));
}

static struct p2pd_msg_request open_stream(const char *protocol)
{
    return (struct p2pd_msg_request){.type = P2PD_MSG_STREAM_OPEN,
                                     .has_body = true,
                                     .peer = span_of(id_bytes[1].bytes, id_bytes[1].len),
                                     .protocols = {span_from_text(protocol)},
                                     .protocol_count = 1};
}

static void requests_in_one_write_are_answered_in_order(void **state)
{
    uint8_t bytes[ANSWER_MAX];
    struct p2pd_msg_request identify = {.type = P2PD_MSG_IDENTIFY};
    struct p2pd_msg_request peers = {.type = P2PD_MSG_LIST_PEERS};
    struct p2pd_msg_request odd = {.type = 99};
    (void)state;
    start();
    int fd = program(0);
    size_t len = frame(&identify, bytes);
    len += frame(&odd, bytes + len);
    len += frame(&peers, bytes + len);
    put(fd, bytes, len);
    struct span answer = get_frame(fd, answer_bytes);
    check_ok(answer);
    assert_true(answer.len > id_bytes[0].len);
    check_error(get_frame(fd, answer_bytes), "that is no request that this daemon knows");
    assert_int_equal(get_frame(fd, answer_bytes).len, 2); /* OK, and nobody */
    assert_int_equal(close(fd), 0);
    stop();
}

static void what_lacks_its_parts_is_an_error(void **state)
{
    static const uint64_t types[] = {P2PD_MSG_CONNECT,     P2PD_MSG_STREAM_OPEN,
                                     P2PD_MSG_DISCONNECT,  P2PD_MSG_STREAM_HANDLER,
                                     P2PD_MSG_CONNMANAGER, P2PD_MSG_PEERSTORE};
    struct p2pd_msg_request m = {.type = P2PD_MSG_CONNECT, .has_body = true};
    (void)state;
    start();
    int fd = program(0);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct p2pd_msg_request bare = {.type = types[i]};
        check_error(ask(fd, &bare), "malformed request: a field is missing");
    }
    m.peer = UNIT_TEXT("a peer id that is longer than any of them can be, by some bytes");
    check_error(ask(fd, &m), "that is no peer id");
    m.peer = span_of(id_bytes[1].bytes, id_bytes[1].len);
    check_error(ask(fd, &m), "no address of that peer is known that can be dialled over TCP");
    m = open_stream("/x");
    check_error(ask(fd, &m), "the peer is not connected, and no address of it is known");
    m = (struct p2pd_msg_request){.type = P2PD_MSG_DHT, .has_body = true};
    check_error(ask(fd, &m), "the DHT is not enabled");
    m.type = P2PD_MSG_PUBSUB;
    check_error(ask(fd, &m), "pubsub is not enabled");
    assert_int_equal(close(fd), 0);
    stop();
}

static void who_speaks_something_else_is_closed(void **state)
{
    static const char *const odd[] = {"GET / HTTP/1.1\r\n\r\n", "\xff\xff\xff\xff\xff\x01",
                                      "\x81\x80\x80\x02", "\x03\x08\x01\x12"};
    (void)state;
    start();
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        int fd = program(0);
        put(fd, odd[i], strlen(odd[i]));
        if (i == 0) { /* 'G' is a length: of a frame that is none, once it is whole */
            static const uint8_t rest[128];
            (void)send(fd, rest, sizeof rest, MSG_NOSIGNAL);
        }
        check_closed(fd);
    }
    assert_true(list_is_empty(&daemons[0].clients));
    assert_int_equal(daemons[0].budget.used, 0);
    stop();
}

/* Bytes behind the request are the stream's; each direction ends by itself. */
static void a_connection_becomes_the_stream(void **state)
{
    static uint8_t block[200000];
    static uint8_t back[sizeof block + 16];
    uint8_t bytes[ANSWER_MAX];
    (void)state;
    start();
    int fd = program(0);
    join(fd);
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = (uint8_t)(i * 7);
    }
    struct p2pd_msg_request m = open_stream(P2PD_ECHO_NAME);
    size_t len = frame(&m, bytes);
    memcpy(bytes + len, "early", 5);
    put(fd, bytes, len + 5);
    check_ok(get_frame(fd, answer_bytes));
    put(fd, block, sizeof block);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_int_equal(get(fd, back, sizeof back), sizeof block + 5);
    assert_memory_equal(back, "early", 5);
    assert_memory_equal(back + 5, block, sizeof block);
    assert_int_equal(close(fd), 0);
    while (!list_is_empty(&daemons[0].splices)) {
        turn();
    }
    stop();
}

static void nobody_answers_is_an_error_and_the_connection_stays(void **state)
{
    (void)state;
    start();
    int fd = program(0);
    join(fd);
    struct p2pd_msg_request m = open_stream("/nobody/1");
    check_error(ask(fd, &m), "the peer speaks none of these protocols");
    m = (struct p2pd_msg_request){.type = P2PD_MSG_DISCONNECT,
                                  .has_body = true,
                                  .peer = span_of(id_bytes[1].bytes, id_bytes[1].len)};
    check_ok(ask(fd, &m));
    check_ok(ask(fd, &m)); /* once more is no error */
    assert_int_equal(close(fd), 0);
    stop();
}

static int listener; /* of a program that answers */

static void serve(const char *protocol, const struct multiaddr *address)
{
    int fd = program(1);
    struct p2pd_msg_request m = {.type = P2PD_MSG_STREAM_HANDLER,
                                 .has_body = true,
                                 .address = multiaddr_span(address),
                                 .protocols = {span_from_text(protocol)},
                                 .protocol_count = 1};
    check_ok(ask(fd, &m));
    assert_int_equal(close(fd), 0);
}

/* Where a program listens, at 127.0.0.1. */
static struct multiaddr listen_plain(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    struct multiaddr address;
    struct multiaddr_ip ip = world_any();
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    ip.port = ntohs(at.sin_port);
    multiaddr_from_ip(&address, &ip, MULTIADDR_TCP);
    return address;
}

static void a_program_is_told_what_stream_it_answers(void **state)
{
    uint8_t bytes[64];
    (void)state;
    start();
    struct multiaddr address = listen_plain();
    serve("/own/1", &address);
    int fd = program(0);
    join(fd);
    struct p2pd_msg_request m = open_stream("/own/1");
    check_ok(ask(fd, &m));
    put(fd, "question", 8);
    struct pollfd one = {.fd = listener, .events = POLLIN};
    while (poll(&one, 1, 0) == 0) {
        turn();
    }
    int in = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct span info = get_frame(in, answer_bytes);
    struct pb p;
    struct pb_field field;
    pb_init(&p, info);
    assert_true(pb_next(&p, &field));
    assert_true(span_is_equal(field.bytes, span_of(id_bytes[0].bytes, id_bytes[0].len)));
    assert_true(pb_next(&p, &field));
    assert_true(pb_next(&p, &field));
    assert_true(span_is_equal(field.bytes, UNIT_TEXT("/own/1")));
    assert_int_equal(get(in, bytes, 8), 8);
    assert_memory_equal(bytes, "question", 8);
    put(in, "answer", 6);
    assert_int_equal(close(in), 0);
    assert_int_equal(get(fd, bytes, sizeof bytes), 6);
    assert_memory_equal(bytes, "answer", 6);
    assert_int_equal(close(fd), 0);
    assert_int_equal(close(listener), 0);
    stop();
}

static void a_program_that_is_gone_is_withdrawn(void **state)
{
    uint8_t byte;
    (void)state;
    start();
    struct multiaddr address = listen_plain();
    assert_int_equal(close(listener), 0);
    serve("/own/1", &address);
    for (size_t i = 0; i < P2PD_PROGRAMS_TRIES_MAX; i++) {
        int fd = program(0);
        join(fd);
        struct p2pd_msg_request m = open_stream("/own/1");
        check_ok(ask(fd, &m));
        assert_int_equal(get(fd, &byte, 1), 0);
        assert_int_equal(close(fd), 0);
    }
    int fd = program(0);
    struct p2pd_msg_request m = open_stream("/own/1");
    check_error(ask(fd, &m), "the peer speaks none of these protocols");
    assert_int_equal(close(fd), 0);
    assert_true(list_is_empty(&daemons[1].programs));
    stop();
}

/* A handler's address beyond this machine would make the daemon somebody's proxy. */
static void a_program_elsewhere_is_not_reached(void **state)
{
    struct multiaddr far;
    uint8_t byte;
    (void)state;
    start();
    assert_int_equal(multiaddr_parse(&far, UNIT_TEXT("/ip4/192.0.2.1/tcp/9")), 0);
    serve("/own/1", &far);
    int fd = program(0);
    join(fd);
    struct p2pd_msg_request m = open_stream("/own/1");
    check_ok(ask(fd, &m));
    assert_int_equal(get(fd, &byte, 1), 0);
    assert_int_equal(close(fd), 0);
    stop();
}

static void who_goes_in_the_middle_leaves_nothing(void **state)
{
    static const uint8_t nowhere[] = {4, 192, 0, 2, 1, 6, 0, 9};
    uint8_t bytes[ANSWER_MAX];
    (void)state;
    start();
    struct p2pd_msg_request m = {.type = P2PD_MSG_CONNECT,
                                 .has_body = true,
                                 .peer = span_of(id_bytes[1].bytes, id_bytes[1].len),
                                 .addresses = {span_of(nowhere, sizeof nowhere)},
                                 .address_count = 1};
    int fd = program(0);
    put(fd, bytes, frame(&m, bytes));
    assert_int_equal(close(fd), 0);
    while (!list_is_empty(&daemons[0].clients)) {
        turn();
    }
    fd = program(0);
    put(fd, bytes, frame(&m, bytes) / 2);
    assert_int_equal(close(fd), 0);
    while (!list_is_empty(&daemons[0].clients)) {
        turn();
    }
    assert_int_equal(daemons[0].budget.used, 0);
    stop();
}

static void write_key(const char *path, uint8_t kind, bool is_good)
{
    static const uint8_t key[] = {0x7e, 0x08, 0x30, 0x61, 0x7c, 0x4a, 0x7d, 0xe8, 0x39, 0x25, 0xdf,
                                  0xb2, 0x69, 0x45, 0x56, 0xb1, 0x29, 0x36, 0xc4, 0x77, 0xa0, 0xe1,
                                  0xfe, 0xb2, 0xe1, 0x48, 0xec, 0x9d, 0xa6, 0x0f, 0xee, 0x7d, 0x1e,
                                  0xd1, 0xe8, 0xfa, 0xe2, 0xc4, 0xa1, 0x44, 0xb8, 0xbe, 0x8f, 0xd4,
                                  0xb4, 0x7b, 0xf3, 0xd3, 0xb3, 0x4b, 0x87, 0x1c, 0x3c, 0xac, 0xf6,
                                  0x01, 0x0f, 0x0e, 0x42, 0xd4, 0x74, 0xfc, 0xe2, 0x7e};
    const uint8_t head[] = {8, kind, 0x12, 64};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(head, 1, sizeof head, file), sizeof head);
    assert_int_equal(fwrite(key, 1, sizeof key - 1, file), sizeof key - 1);
    assert_int_equal(fputc(is_good ? 0x7e : 0x7f, file), is_good ? 0x7e : 0x7f);
    assert_int_equal(fclose(file), 0);
}

static enum p2pd_step fails(struct p2pd_flags *f)
{
    struct p2pd d;
    struct p2pd_failure why = {.step = P2PD_LOOP};
    assert_false(p2pd_start(&d, f, &why));
    return why.step;
}

static void it_says_why_it_does_not_start(void **state)
{
    char key[128];
    struct p2pd_flags f;
    (void)state;
    start();
    (void)snprintf(key, sizeof key, "%s/key", folder);
    p2pd_flags_init(&f);
    f.listen = sockets[0];
    assert_int_equal(fails(&f), P2PD_SOCKET); /* daemon 0 has it */
    f.listen = "/ip4/0.0.0.0/tcp/0";
    assert_int_equal(fails(&f), P2PD_SOCKET);
    f.listen = "nonsense";
    assert_int_equal(fails(&f), P2PD_SOCKET);
    f.host_addresses = "/ip4/127.0.0.1/tcp/0,/ip4/300.0.0.1/tcp/0";
    assert_int_equal(fails(&f), P2PD_HOST);
    f.announce_addresses = "x";
    f.has_no_listen = true;
    assert_int_equal(fails(&f), P2PD_ANNOUNCE);
    f.bootstrap_peers = "x";
    assert_int_equal(fails(&f), P2PD_PEER);
    f.id = key;
    assert_int_equal(fails(&f), P2PD_KEY_FILE);
    write_key(key, 2, true);
    assert_int_equal(fails(&f), P2PD_KEY_KIND);
    write_key(key, 1, false);
    assert_int_equal(fails(&f), P2PD_KEY_PAIR);
    stop();
}

static void it_is_who_its_key_says(void **state)
{
    char word[160];
    char *words[] = {word};
    (void)state;
    world_folder_make(folder);
    (void)snprintf(word, sizeof word, "-id=%s/key", folder);
    write_key(word + 4, 1, true);
    start_one(0, 1, words);
    char first[WAVU_PEER_TEXT_MAX];
    memcpy(first, ids[0], sizeof first);
    p2pd_end(&daemons[0]);
    start_one(0, 1, words);
    assert_string_equal(ids[0], first);
    p2pd_end(&daemons[0]);
    world_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(requests_in_one_write_are_answered_in_order),
        UNIT(what_lacks_its_parts_is_an_error),
        UNIT(who_speaks_something_else_is_closed),
        UNIT(a_connection_becomes_the_stream),
        UNIT(nobody_answers_is_an_error_and_the_connection_stays),
        UNIT(a_program_is_told_what_stream_it_answers),
        UNIT(a_program_that_is_gone_is_withdrawn),
        UNIT(a_program_elsewhere_is_not_reached),
        UNIT(who_goes_in_the_middle_leaves_nothing),
        UNIT(it_says_why_it_does_not_start),
        UNIT(it_is_who_its_key_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
