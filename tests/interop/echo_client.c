/*
 * The echo client: wavu's side of the interop tests that need streams, which the program `wavu`
 * does not open.
 *
 * In: ADDR --bytes N --streams K [--psk FILE] [--key FILE] [--security noise,tls,plaintext]. It
 * opens K streams of /wavu/echo/1 to ADDR at once, sends N bytes of a different sequence on each
 * while reading them back, half-closes, and compares byte by byte; with "listen" for ADDR it serves
 * echo until SIGTERM. Out: one JSON line as the foreign peers print it; exit 0 when all that came
 * back was what was sent.
 */
#include "node/wavu_node.h"
#include "wavu/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)16 * 1024)
#define SECONDS_MAX 55

/* A sequence that both the sender and the comparer of a stream walk along (xorshift64). */
struct sequence {
    uint64_t state;
};

struct line {
    struct client *client;
    struct sequence send;
    struct sequence compare;
    uint64_t unsent;   /* bytes not yet made into a block */
    uint64_t expected; /* bytes that still have to come back */
    uint8_t block[BLOCK];
    size_t block_len;
    size_t block_at;
    bool is_different;
    bool is_finished; /* our direction is ended */
};

struct client {
    struct wavu_os *os;
    struct wavu_node *node;
    struct stream_protocol protocol;
    struct line *lines;
    const char *address;
    const char *psk;
    const char *key;
    unsigned security;
    uint64_t bytes;
    size_t streams;
    size_t opened; /* lines that have their stream */
    size_t over;
    size_t matched;
    int err; /* the first that any stream or the dial ended with */
};

static uint8_t sequence_next(struct sequence *s)
{
    s->state ^= s->state << 13;
    s->state ^= s->state >> 7;
    s->state ^= s->state << 17;
    return (uint8_t)(s->state >> 32);
}

static void client_fail(const char *what, int err)
{
    printf("{\"event\":\"error\",\"message\":\"%s: %s\"}\n", what, wavu_err_sentence(err));
    exit(1);
}

static void line_make_block(struct line *line)
{
    size_t len = line->unsent < BLOCK ? (size_t)line->unsent : BLOCK;
    for (size_t i = 0; i < len; i++) {
        line->block[i] = sequence_next(&line->send);
    }
    line->block_len = len;
    line->block_at = 0;
    line->unsent -= len;
}

/* Send until the stream takes no more; half-close behind the last byte. */
static void line_pump(struct line *line, struct stream *stream)
{
    while (!line->is_finished) {
        if (line->block_at == line->block_len) {
            if (line->unsent == 0) {
                line->is_finished = true;
                stream_finish(stream);
                return;
            }
            line_make_block(line);
        }
        size_t taken = 0;
        struct span rest = {line->block + line->block_at, line->block_len - line->block_at};
        if (stream_send(stream, rest, &taken) != 0) {
            return; /* STREAM_CLOSED says why */
        }
        line->block_at += taken;
        if (taken < rest.len) {
            return;
        }
    }
}

static void line_compare(struct line *line, struct span data)
{
    for (size_t i = 0; i < data.len; i++) {
        if (line->expected == 0 || data.ptr[i] != sequence_next(&line->compare)) {
            line->is_different = true;
            return;
        }
        line->expected--;
    }
}

static void line_over(struct line *line, int err)
{
    struct client *client = line->client;
    client->over++;
    if (err == WAVU_ERR_CLOSED && !line->is_different && line->expected == 0) {
        client->matched++;
    } else if (client->err == 0) {
        client->err = err;
    }
    if (client->over == client->streams) {
        wavu_os_stop(client->os);
    }
}

/* Open what is not yet open. The muxer lets 256 streams wait for the peer's acknowledgement, and
 * identify may be one of them: the rest follows when the first answers come. */
static void client_open(struct client *client, struct conn *conn)
{
    while (client->opened < client->streams) {
        struct line *line = &client->lines[client->opened];
        struct stream *stream = NULL;
        int rc = stream_open(conn, &client->protocol, line, &stream);
        if (rc == WAVU_ERR_LIMIT && client->opened > 0) {
            return;
        }
        if (rc != 0) {
            client_fail("opening a stream", rc);
        }
        client->opened++;
        line_pump(line, stream);
    }
}

static void client_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct line *line = stream_user(stream);
    (void)service;
    switch (event->kind) {
    case STREAM_OPENED:
        client_open(line->client, stream_conn(stream));
        line_pump(line, stream);
        break;
    case STREAM_WRITABLE:
        line_pump(line, stream);
        break;
    case STREAM_DATA:
        line_compare(line, event->data);
        break;
    case STREAM_FIN:
        break;
    case STREAM_CLOSED:
        line_over(line, event->err);
        break;
    }
}

/* The connection that is open: the only one, unless several addresses were raced. */
static struct conn *client_conn(struct client *client)
{
    struct list *conns = &client->node->swarm.conns;
    for (struct list *at = list_next(conns, conns); at != NULL; at = list_next(conns, at)) {
        struct conn *conn = LIST_OF(at, struct conn, link_swarm);
        if (conn_is_open(conn)) {
            return conn;
        }
    }
    client_fail("connecting", WAVU_ERR_CLOSED);
    return NULL;
}

static void client_connected(void *context, int err, const char *peer)
{
    struct client *client = context;
    (void)peer;
    if (err != 0) {
        client_fail("connecting", err);
    }
    client_open(client, client_conn(client));
}

static unsigned security_of(const char *names)
{
    return (strstr(names, "noise") != NULL ? WAVU_SECURITY_NOISE : 0u) |
           (strstr(names, "tls") != NULL ? WAVU_SECURITY_TLS : 0u) |
           (strstr(names, "plaintext") != NULL ? WAVU_SECURITY_PLAINTEXT : 0u);
}

static void client_parse(struct client *client, int argc, char **argv)
{
    client->address = argc > 1 ? argv[1] : NULL;
    client->bytes = 65536;
    client->streams = 1;
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--bytes") == 0) {
            client->bytes = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--streams") == 0) {
            client->streams = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--psk") == 0) {
            client->psk = argv[i + 1];
        } else if (strcmp(argv[i], "--key") == 0) {
            client->key = argv[i + 1];
        } else if (strcmp(argv[i], "--security") == 0) {
            client->security = security_of(argv[i + 1]);
        }
    }
    if (client->address == NULL || client->streams == 0) {
        fprintf(stderr, "usage: wavu_echo_client ADDR|listen --bytes N --streams K [--psk FILE]"
                        " [--key FILE] [--security noise,tls,plaintext]\n");
        exit(2);
    }
}

static size_t read_file(const char *path, uint8_t *out, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        client_fail("reading a key", WAVU_ERR_NOT_FOUND);
        return 0;
    }
    const size_t len = fread(out, 1, size, file);
    fclose(file);
    return len;
}

static void client_make_node(struct client *client, struct port *port)
{
    uint8_t psk[256];
    uint8_t key[4096];
    struct wavu_config config = {
        .port = port, .is_ephemeral = true, .serves_echo = true, .security = client->security};
    if (client->psk != NULL) {
        config.psk_file = psk;
        config.psk_file_len = read_file(client->psk, psk, sizeof psk);
    }
    if (client->key != NULL) {
        config.host_key = key;
        config.host_key_len = read_file(client->key, key, sizeof key);
    }
    int rc = wavu_node_new(&config, &client->node);
    if (rc != 0) {
        client_fail("making a node", rc);
    }
}

static void client_make_lines(struct client *client)
{
    client->lines = calloc(client->streams, sizeof *client->lines);
    if (client->lines == NULL) {
        client_fail("starting", WAVU_ERR_MEMORY);
    }
    for (size_t i = 0; i < client->streams; i++) {
        struct line *line = &client->lines[i];
        line->client = client;
        line->send.state = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
        line->compare = line->send;
        line->unsent = client->bytes;
        line->expected = client->bytes;
    }
}

/* Serve echo for as long as the tests last; a signal ends the program. */
static void client_serve(struct client *client)
{
    char address[WAVU_ADDRESS_TEXT_MAX];
    int rc = wavu_node_listen(client->node, "/ip4/127.0.0.1/tcp/0");
    if (rc != 0 || !wavu_node_address(client->node, 0, address)) {
        client_fail("listening", rc);
    }
    printf("{\"event\":\"listening\",\"addr\":\"%s\"}\n", address);
    fflush(stdout);
    wavu_os_run(client->os, UINT64_C(600) * 1000);
    exit(0);
}

int main(int argc, char **argv)
{
    struct client client = {
        .protocol = {.name = "/wavu/echo/1", .audience = STREAM_ANY, .up = client_up}};
    struct wavu_op *op = NULL;
    client_parse(&client, argc, argv);
    client_make_lines(&client);
    client.os = wavu_os_new();
    struct port *port = client.os == NULL ? NULL : wavu_os_port_new(client.os, NULL);
    if (port == NULL) {
        client_fail("starting", WAVU_ERR_MEMORY);
    }
    client_make_node(&client, port);
    if (strcmp(client.address, "listen") == 0) {
        client_serve(&client);
    }
    uint64_t start = wavu_os_now_ns();
    int rc = wavu_connect(client.node, client.address, client_connected, &client, &op);
    if (rc != 0) {
        client_fail("dialling", rc);
    }
    wavu_os_run(client.os, SECONDS_MAX * 1000);
    printf("{\"type\":\"echo\",\"bytes\":%llu,\"streams\":%zu,\"matched\":%zu,\"seconds\":%.6f}\n",
           (unsigned long long)client.bytes, client.streams, client.matched,
           (double)(wavu_os_now_ns() - start) * 1e-9);
    if (client.matched < client.streams) {
        client_fail("echoing", client.over < client.streams ? WAVU_ERR_TIMEOUT : client.err);
    }
    wavu_node_free(client.node);
    wavu_os_port_free(port);
    wavu_os_free(client.os);
    free(client.lines);
    return 0;
}
