/*
 * Proofs in front of streams. An inbound stream waits here until its proof is whole; an outbound
 * one until the answer is. Then it is its service's, and nothing of it stays here.
 */
#include "overlay/gate.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

#define GATE_FORMAT 1
#define GATE_HEAD_SIZE 2                   /* format, count of tags */
#define GATE_LABEL "wavu overlay member 1" /* of fixed length, as all behind it but the binding */

_Static_assert(GATE_TAG_SIZE == HASH_SHA256_SIZE, "a tag is a whole HMAC");
_Static_assert(GATE_PROOF_SIZE_MAX <= STREAM_PREFACE_MAX, "a stream begins with it");

/* The byte in answer to a proof. */
enum gate_answer {
    GATE_WELCOME = 1,
    GATE_WRONG_NETWORK = 2,
    GATE_NOT_INVITED = 3,
    GATE_OTHER_FORMAT = 4,
    GATE_NOT_SPOKEN = 5, /* that network has no such protocol here */
};

/* A name that one network or more speak. */
struct gate_name {
    struct stream_protocol stream;
    struct gate *gate;
    struct list link;
    size_t users;
    char text[STREAM_NAME_MAX];
};

/* An inbound stream that has not proved itself, or whose answer is not on its way. */
struct gate_wait {
    struct stream *stream;
    struct gate_protocol *protocol; /* found; NULL: not yet, or not let in */
    uint8_t proof[GATE_PROOF_SIZE_MAX];
    size_t len;
    uint8_t answer; /* 0: not judged yet */
};

struct gate {
    struct swarm *swarm;
    struct overlay_id self;
    bool has_self;        /* false where the node's key is not Ed25519: no network comes then */
    struct list networks; /* of struct gate_network */
    struct list names;    /* of struct gate_name */
    struct gate_metrics metrics;
};

/* ---- Tags ---- */

void gate_tag(uint8_t tag[GATE_TAG_SIZE], const uint8_t key[GATE_KEY_SIZE],
              const struct gate_link *link)
{
    const struct span pieces[] = {span_from_text(GATE_LABEL), overlay_id_span(&link->prover),
                                  overlay_id_span(&link->judge), link->binding};
    hash_hmac_sha256(tag, span_of(key, GATE_KEY_SIZE), pieces, sizeof pieces / sizeof pieces[0]);
}

bool gate_is_proof(const uint8_t key[GATE_KEY_SIZE], const struct gate_link *link,
                   uint8_t (*tags)[GATE_TAG_SIZE], size_t count)
{
    uint8_t right[GATE_TAG_SIZE];
    bool is_proof = false;

    gate_tag(right, key, link);
    for (size_t i = 0; i < count; i++) {
        is_proof |= secret_is_equal(right, tags[i], sizeof right);
    }
    secret_wipe(right, sizeof right);
    return is_proof;
}

/* ---- Networks and their protocols ---- */

static bool is_member(const struct gate_network *network, const struct overlay_id *device)
{
    return network->is_member == NULL || network->is_member(network->context, device);
}

static struct gate_protocol *protocol_of(const struct gate_network *network, const char *name)
{
    const struct list *head = &network->protocols;

    for (struct list *n = list_next(head, head); n != NULL; n = list_next(head, n)) {
        struct gate_protocol *p = LIST_OF(n, struct gate_protocol, link);

        if (strcmp(p->stream.name, name) == 0) {
            return p;
        }
    }
    return NULL;
}

static struct gate_network *open_network(const struct gate *g)
{
    for (struct list *n = list_next(&g->networks, &g->networks); n != NULL;
         n = list_next(&g->networks, n)) {
        struct gate_network *network = LIST_OF(n, struct gate_network, link);

        if (network->prove == NULL) {
            return network;
        }
    }
    return NULL;
}

static struct gate_network *network_of(const struct gate *g, const struct gate_link *link,
                                       uint8_t (*tags)[GATE_TAG_SIZE], size_t count)
{
    if (count == 0) {
        return open_network(g);
    }
    for (struct list *n = list_next(&g->networks, &g->networks); n != NULL;
         n = list_next(&g->networks, n)) {
        struct gate_network *network = LIST_OF(n, struct gate_network, link);

        if (network->recognise != NULL && network->recognise(network->context, link, tags, count)) {
            return network;
        }
    }
    return NULL;
}

/* Tell a stream's service that it is open, and what came already; returns how much it took. */
static size_t open_up(struct stream *stream, struct span rest)
{
    struct stream_event opened = {.kind = STREAM_OPENED};
    struct stream_event data = {.kind = STREAM_DATA, .data = rest, .taken = rest.len};

    stream_up(stream, &opened);
    if (rest.len > 0) {
        stream_up(stream, &data);
    }
    return data.taken;
}

/* ---- Inbound ---- */

static void end_wait(struct gate_wait *w)
{
    stream_set_user(w->stream, NULL);
    secret_wipe(w->proof, sizeof w->proof);
    mem_free(w);
}

static uint8_t judge(struct gate *g, const char *name, struct gate_wait *w)
{
    uint8_t tags[GATE_TAGS_MAX][GATE_TAG_SIZE];
    struct gate_link link = {.binding = conn_binding(stream_conn(w->stream)), .judge = g->self};
    size_t count = w->proof[1];

    if (w->proof[0] != GATE_FORMAT) {
        return GATE_OTHER_FORMAT;
    }
    if (overlay_id_from_peer(&link.prover, stream_peer(w->stream)) < 0) {
        return GATE_WRONG_NETWORK;
    }
    memcpy(tags, w->proof + GATE_HEAD_SIZE, count * sizeof tags[0]);
    const struct gate_network *network = network_of(g, &link, tags, count);
    if (network == NULL) {
        return GATE_WRONG_NETWORK;
    }
    if (!is_member(network, &link.prover)) {
        return GATE_NOT_INVITED;
    }
    w->protocol = protocol_of(network, name);
    return w->protocol == NULL ? GATE_NOT_SPOKEN : GATE_WELCOME;
}

/* The stream is its service's from now on; `rest` came behind the proof. Returns how much of it was
 * taken. */
static size_t let_in(struct gate *g, struct gate_wait *w, struct span rest)
{
    struct stream *stream = w->stream;
    const struct gate_protocol *protocol = w->protocol;

    end_wait(w);
    if (stream_hand_over(stream, &protocol->stream) < 0) {
        g->swarm->metrics.streams_refused.value++;
        stream_reset(stream, 0);
        return rest.len;
    }
    return open_up(stream, rest);
}

/* The answer goes out, and the stream to its service, or away. False: not yet. */
static bool answer(struct gate_wait *w)
{
    size_t taken = 0;

    return stream_send(w->stream, span_of(&w->answer, 1), &taken) < 0 || taken == 1;
}

static void turn_away(struct gate_wait *w)
{
    struct stream *stream = w->stream;

    end_wait(w);
    stream_close(stream);
}

/* Is the proof whole? WAVU_ERR_PROTO when it cannot become one. */
static int is_whole(const struct gate_wait *w, size_t *wanted)
{
    *wanted = GATE_HEAD_SIZE;
    if (w->len < GATE_HEAD_SIZE) {
        return 0;
    }
    if (w->proof[0] == GATE_FORMAT && w->proof[1] > GATE_TAGS_MAX) {
        return WAVU_ERR_PROTO;
    }
    *wanted += w->proof[0] == GATE_FORMAT ? w->proof[1] * (size_t)GATE_TAG_SIZE : 0;
    return 0;
}

static void on_proof(struct gate_name *name, struct gate_wait *w, struct stream_event *event)
{
    struct gate *g = name->gate;
    size_t wanted = 0;

    event->taken = 0;
    for (;;) {
        if (is_whole(w, &wanted) < 0) {
            event->taken = event->data.len;
            stream_reset(w->stream, 0);
            end_wait(w);
            return;
        }
        if (w->len == wanted || event->taken == event->data.len) {
            break;
        }
        size_t left = event->data.len - event->taken;
        size_t more = wanted - w->len < left ? wanted - w->len : left;
        memcpy(w->proof + w->len, event->data.ptr + event->taken, more);
        w->len += more;
        event->taken += more;
    }
    if (w->len < wanted) {
        return;
    }
    w->answer = judge(g, name->text, w);
    g->metrics.wrong_network.value += w->answer == GATE_WRONG_NETWORK ? 1 : 0;
    g->metrics.not_invited.value += w->answer == GATE_NOT_INVITED ? 1 : 0;
    bool is_answered = answer(w);
    if (w->answer != GATE_WELCOME) {
        event->taken = event->data.len; /* what else it says is not heard */
        if (is_answered) {
            turn_away(w);
        }
    } else if (is_answered) {
        event->taken += let_in(g, w, span_slice(event->data, event->taken, event->data.len));
    }
}

/* The answer did not go out at once; now it may. */
static void on_writable(struct gate *g, struct gate_wait *w)
{
    struct stream *stream = w->stream;

    if (w->answer == 0 || !answer(w)) {
        return;
    }
    if (w->answer != GATE_WELCOME) {
        turn_away(w);
        return;
    }
    (void)let_in(g, w, span_empty());
    stream_resume(stream);
}

static void name_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct gate_name *name = service;
    struct gate_wait *w = stream_user(stream);

    switch (event->kind) {
    case STREAM_OPENED:
        w = mem_new(sizeof *w);
        w->stream = stream;
        stream_set_user(stream, w);
        stream_expect(stream, GATE_NS);
        return;
    case STREAM_DATA:
        if (w->answer != 0) {
            event->taken = 0; /* first the answer goes out */
        } else {
            on_proof(name, w, event);
        }
        return;
    case STREAM_WRITABLE:
        on_writable(name->gate, w);
        return;
    case STREAM_FIN:
        stream_reset(stream, 0);
        end_wait(w);
        return;
    case STREAM_CLOSED:
        end_wait(w);
        return;
    }
}

/* ---- Outbound ---- */

static int err_of(uint8_t byte)
{
    switch (byte) {
    case GATE_WRONG_NETWORK:
        return WAVU_ERR_REFUSED;
    case GATE_NOT_INVITED:
        return WAVU_ERR_DENIED;
    case GATE_OTHER_FORMAT:
    case GATE_NOT_SPOKEN:
        return WAVU_ERR_UNSUPPORTED;
    default:
        return WAVU_ERR_PROTO;
    }
}

static void on_answer(struct gate_protocol *p, struct stream *stream, struct stream_event *event)
{
    uint8_t byte = event->data.ptr[0];

    if (byte != GATE_WELCOME) {
        struct stream_event closed = {.kind = STREAM_CLOSED, .err = err_of(byte)};

        event->taken = event->data.len;
        stream_reset(stream, 0);
        p->stream.up(p->stream.service, stream, &closed);
        return;
    }
    CHECK(stream_hand_over(stream, &p->stream) == 0); /* outbound ones are not counted */
    event->taken = 1 + open_up(stream, span_slice(event->data, 1, event->data.len));
}

static void asking_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct gate_protocol *p = service;

    switch (event->kind) {
    case STREAM_OPENED:
        stream_expect(stream, GATE_NS);
        return;
    case STREAM_DATA:
        on_answer(p, stream, event);
        return;
    case STREAM_FIN: {
        struct stream_event closed = {.kind = STREAM_CLOSED, .err = WAVU_ERR_RESET};

        stream_reset(stream, 0);
        p->stream.up(p->stream.service, stream, &closed);
        return;
    }
    case STREAM_WRITABLE:
    case STREAM_CLOSED:
        p->stream.up(p->stream.service, stream, event);
        return;
    }
}

int gate_open(struct gate *g, struct gate_protocol *protocol, struct conn *conn, void *user,
              struct stream **out)
{
    uint8_t proof[GATE_PROOF_SIZE_MAX];
    uint8_t tags[GATE_TAGS_MAX][GATE_TAG_SIZE];
    const struct gate_network *network = protocol->network;
    struct gate_link link = {.binding = conn_binding(conn), .prover = g->self};
    size_t count = 0;
    int rc = overlay_id_from_peer(&link.judge, conn_peer(conn));

    if (rc < 0) {
        return rc;
    }
    if (!is_member(network, &link.judge)) {
        return WAVU_ERR_DENIED;
    }
    if (network->prove != NULL) {
        count = network->prove(network->context, &link, tags);
        CHECK(count > 0 && count <= GATE_TAGS_MAX);
    }
    proof[0] = GATE_FORMAT;
    proof[1] = (uint8_t)count;
    memcpy(proof + GATE_HEAD_SIZE, tags, count * sizeof tags[0]);
    return stream_open_with(conn, &protocol->asking,
                            span_of(proof, GATE_HEAD_SIZE + count * sizeof tags[0]), user, out);
}

/* ---- Owners ---- */

struct gate *gate_new(struct swarm *swarm, struct metric_set *metrics)
{
    struct gate *g = mem_new(sizeof *g);

    g->swarm = swarm;
    g->has_self =
        overlay_id_from_peer(&g->self, &swarm->self) == 0; /* else our key is not Ed25519 */
    list_init(&g->networks);
    list_init(&g->names);
    metric_add(metrics, &g->metrics.wrong_network, "gate_wrong_network_total");
    metric_add(metrics, &g->metrics.not_invited, "gate_not_invited_total");
    return g;
}

void gate_free(struct gate *g)
{
    if (g != NULL) {
        CHECK(list_is_empty(&g->networks) && list_is_empty(&g->names));
        mem_free(g);
    }
}

int gate_enter(struct gate *g, struct gate_network *network)
{
    if (!g->has_self) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (list_count(&g->networks) >= GATE_NETWORKS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (network->prove == NULL && open_network(g) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    list_init(&network->protocols);
    list_push_back(&g->networks, &network->link);
    return 0;
}

void gate_leave(struct gate *g, struct gate_network *network)
{
    (void)g;
    CHECK(list_is_empty(&network->protocols));
    list_remove(&network->link);
}

static struct gate_name *name_of(const struct gate *g, const char *text)
{
    for (struct list *n = list_next(&g->names, &g->names); n != NULL; n = list_next(&g->names, n)) {
        struct gate_name *name = LIST_OF(n, struct gate_name, link);

        if (strcmp(name->text, text) == 0) {
            return name;
        }
    }
    return NULL;
}

/* The name, spoken from now on if it was not. */
static int add_name(struct gate *g, const char *text)
{
    struct gate_name *name = name_of(g, text);

    if (name != NULL) {
        name->users++;
        return 0;
    }
    if (list_count(&g->names) >= GATE_NAMES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    CHECK(strlen(text) < STREAM_NAME_MAX);
    name = mem_new(sizeof *name);
    memcpy(name->text, text, strlen(text) + 1);
    name->gate = g;
    name->users = 1;
    name->stream = (struct stream_protocol){.name = name->text,
                                            .audience = STREAM_ANY, /* the proof decides */
                                            .inbound_max = GATE_WAITING_MAX,
                                            .up = name_up,
                                            .service = name};
    int rc = stream_register(g->swarm, &name->stream);
    if (rc < 0) {
        mem_free(name);
        return rc;
    }
    list_push_back(&g->names, &name->link);
    return 0;
}

static void drop_name(struct gate *g, const char *text)
{
    struct gate_name *name = name_of(g, text);

    CHECK(name != NULL);
    if (--name->users == 0) {
        list_remove(&name->link);
        stream_unregister(g->swarm, &name->stream);
        mem_free(name);
    }
}

int gate_register(struct gate *g, struct gate_network *network, struct gate_protocol *protocol)
{
    if (protocol_of(network, protocol->stream.name) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    int rc = add_name(g, protocol->stream.name);
    if (rc < 0) {
        return rc;
    }
    protocol->network = network;
    protocol->asking = (struct stream_protocol){
        .name = protocol->stream.name, .up = asking_up, .service = protocol};
    list_push_back(&network->protocols, &protocol->link);
    return 0;
}

/* Streams that wait to be handed to it. They are few: those whose answer does not go out. */
static void forget_waiting(struct gate *g, const struct gate_protocol *protocol)
{
    struct gate_name *name = name_of(g, protocol->stream.name);

    CHECK(name != NULL);
    for (struct list *n = list_next(&g->swarm->conns, &g->swarm->conns); n != NULL;
         n = list_next(&g->swarm->conns, n)) {
        stream_abort_of(LIST_OF(n, struct conn, link_swarm), &name->stream, WAVU_ERR_SHUTDOWN);
    }
}

void gate_unregister(struct gate *g, struct gate_protocol *protocol)
{
    list_remove(&protocol->link);
    forget_waiting(g, protocol);
    stream_unregister(g->swarm, &protocol->asking);
    stream_unregister(g->swarm, &protocol->stream);
    drop_name(g, protocol->stream.name);
}

static void recheck_conn(const struct gate_network *network, struct conn *conn)
{
    struct overlay_id peer;
    const struct list *head = &network->protocols;
    bool may_stay = conn_is_open(conn) && overlay_id_from_peer(&peer, conn_peer(conn)) == 0 &&
                    is_member(network, &peer);

    for (struct list *n = list_next(head, head); n != NULL && !may_stay && conn_is_open(conn);
         n = list_next(head, n)) {
        const struct gate_protocol *p = LIST_OF(n, struct gate_protocol, link);

        stream_abort_of(conn, &p->asking, WAVU_ERR_DENIED);
        stream_abort_of(conn, &p->stream, WAVU_ERR_DENIED);
    }
}

void gate_recheck(struct gate *g, struct gate_network *network)
{
    struct list *n = list_next(&g->swarm->conns, &g->swarm->conns);

    while (n != NULL) {
        struct conn *conn = LIST_OF(n, struct conn, link_swarm);

        recheck_conn(network, conn);
        /* Who hears of an end may close the connection, which then is in no list. */
        n = conn->state == CONN_CLOSED ? list_next(&g->swarm->conns, &g->swarm->conns)
                                       : list_next(&g->swarm->conns, n);
    }
}
