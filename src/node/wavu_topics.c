/*
 * Topics of a node: readers on pubsub/gossipsub_service. Several may read one topic; the first
 * joins it, the last leaves it.
 */
#include "node/wavu_topics.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "node/wavu_node.h"
#include "pubsub/gossipsub_service.h"

_Static_assert(WAVU_TOPIC_NAME_MAX == GOSSIPSUB_MSG_TOPIC_MAX + 1, "as the machine has it");
_Static_assert(WAVU_TOPICS_MAX == GOSSIPSUB_JOINED_MAX, "likewise");
_Static_assert(WAVU_TOPIC_DATA_MAX == GOSSIPSUB_DATA_MAX, "likewise");

#define NS_IN_MS UINT64_C(1000000)

struct wavu_topic {
    struct list link;
    struct wavu_topics *topics;
    struct wavu_topic_wish wish; /* its topic is `name` */
    bool is_gone;                /* it left while somebody was told something */
    char name[WAVU_TOPIC_NAME_MAX];
};

struct wavu_topics {
    struct wavu_node *node;
    struct gossipsub_service service;
    struct list readers; /* in the order of joining */
    size_t reader_count;
    unsigned telling; /* calls of readers under way: nobody is freed meanwhile */
    int err;          /* why there is no service; 0: there is one */
    bool is_shut;
};

/* ---- Readers ---- */

static struct wavu_topic *wavu_topics_next(const struct wavu_topics *t, const struct list *at)
{
    for (struct list *l = list_next(&t->readers, at); l != NULL; l = list_next(&t->readers, l)) {
        struct wavu_topic *r = LIST_OF(l, struct wavu_topic, link);
        if (!r->is_gone) {
            return r;
        }
    }
    return NULL;
}

/* The next live reader of that topic behind `at`. */
static struct wavu_topic *wavu_topics_reader(const struct wavu_topics *t, const struct list *at,
                                             struct span topic)
{
    struct wavu_topic *r = wavu_topics_next(t, at);
    while (r != NULL && !span_is_equal(span_from_text(r->name), topic)) {
        r = wavu_topics_next(t, &r->link);
    }
    return r;
}

static void wavu_topics_drop(struct wavu_topic *r)
{
    list_remove(&r->link);
    r->topics->reader_count--;
    mem_free(r);
}

/* A call of readers is over: those that left meanwhile are freed. */
static void wavu_topics_done(struct wavu_topics *t)
{
    struct list *next;
    t->telling--;
    for (struct list *l = list_next(&t->readers, &t->readers); l != NULL && t->telling == 0;
         l = next) {
        struct wavu_topic *r = LIST_OF(l, struct wavu_topic, link);
        next = list_next(&t->readers, l);
        if (r->is_gone) {
            wavu_topics_drop(r);
        }
    }
}

/* ---- What the service says ---- */

/* A message with its texts. */
struct wavu_topics_told {
    struct wavu_topic_message message;
    char topic[WAVU_TOPIC_NAME_MAX];
    char from[WAVU_PEER_TEXT_MAX];
    char peer[WAVU_PEER_TEXT_MAX];
};

static void wavu_topics_name(char out[WAVU_TOPIC_NAME_MAX], struct span topic)
{
    CHECK(topic.len < WAVU_TOPIC_NAME_MAX);
    memcpy(out, topic.ptr, topic.len);
    out[topic.len] = '\0';
}

static void wavu_topics_describe(struct wavu_topics_told *told, const struct peerid *peer,
                                 const struct gossipsub_msg_publish *m)
{
    struct peerid from = {0};
    *told = (struct wavu_topics_told){.message = {.topic = told->topic,
                                                  .from = told->from,
                                                  .peer = told->peer,
                                                  .data = m->data.ptr,
                                                  .len = m->data.len,
                                                  .seqno = m->seqno.ptr,
                                                  .seqno_len = m->seqno.len,
                                                  .signature = m->signature.ptr,
                                                  .signature_len = m->signature.len,
                                                  .key = m->key.ptr,
                                                  .key_len = m->key.len}};
    wavu_topics_name(told->topic, m->topic);
    if (m->from.len > 0 && peerid_decode(&from, m->from) == 0) {
        peerid_format(&from, told->from);
    }
    if (peer->len > 0) {
        peerid_format(peer, told->peer);
    }
}

static void wavu_topics_deliver(struct wavu_topics *t, const struct wavu_topic_message *m)
{
    struct span topic = span_from_text(m->topic);
    t->telling++;
    for (struct wavu_topic *r = wavu_topics_reader(t, &t->readers, topic); r != NULL;
         r = wavu_topics_reader(t, &r->link, topic)) {
        r->wish.heard(r->wish.context, m);
    }
    wavu_topics_done(t);
}

static void wavu_topics_ask(struct wavu_topics *t, const struct wavu_topic_message *m,
                            uint64_t ticket)
{
    struct span topic = span_from_text(m->topic);
    t->telling++;
    struct wavu_topic *r = wavu_topics_reader(t, &t->readers, topic);
    while (r != NULL && r->wish.judge == NULL) {
        r = wavu_topics_reader(t, &r->link, topic);
    }
    if (r != NULL) {
        r->wish.judge(r->wish.context, m, ticket);
    } else { /* who judged has left, others read on */
        gossipsub_service_validated(&t->service, ticket, GOSSIPSUB_ACCEPT);
    }
    wavu_topics_done(t);
}

static void wavu_topics_move(struct wavu_topics *t, const struct gossipsub_event *e, bool is_there)
{
    char peer[WAVU_PEER_TEXT_MAX];
    char topic[WAVU_TOPIC_NAME_MAX];
    wavu_topics_name(topic, e->topic);
    peerid_format(&e->peer, peer);
    t->telling++;
    for (struct wavu_topic *r = wavu_topics_reader(t, &t->readers, span_from_text(topic));
         r != NULL; r = wavu_topics_reader(t, &r->link, span_from_text(topic))) {
        if (r->wish.peer != NULL) {
            r->wish.peer(r->wish.context, peer, is_there);
        }
    }
    wavu_topics_done(t);
}

static void wavu_topics_hear(void *context, const struct gossipsub_event *e)
{
    struct wavu_topics *t = context;
    struct wavu_topics_told told;
    switch (e->kind) {
    case GOSSIPSUB_DELIVER:
        wavu_topics_describe(&told, &e->peer, &e->message);
        wavu_topics_deliver(t, &told.message);
        return;
    case GOSSIPSUB_VALIDATE:
        wavu_topics_describe(&told, &e->peer, &e->message);
        wavu_topics_ask(t, &told.message, e->ticket);
        return;
    case GOSSIPSUB_PEER_ON:
    case GOSSIPSUB_PEER_OFF:
        wavu_topics_move(t, e, e->kind == GOSSIPSUB_PEER_ON);
        return;
    case GOSSIPSUB_WRITABLE:
    case GOSSIPSUB_CONNECT:
    case GOSSIPSUB_CLOSE:
        return; /* the service's own */
    }
}

/* ---- Being there ---- */

/* The topics of `node`, made when there are none. NULL: it may have none, for `*err`. */
static struct wavu_topics *wavu_topics_of(struct wavu_node *node, int *err)
{
    struct wavu_topics *t = node->topics;
    if (t == NULL && !node->swarm.has_psk && !node->swarm.is_closing) {
        t = mem_new(sizeof *t);
        t->node = node;
        list_init(&t->readers);
        struct gossipsub_service_config config = {.swarm = &node->swarm,
                                                  .seqno =
                                                      node->port->wall_ms(node->port) * NS_IN_MS,
                                                  .audience = STREAM_ANY,
                                                  .metrics = &node->metrics,
                                                  .user = {.told = wavu_topics_hear, .context = t}};
        t->err = gossipsub_service_init(&t->service, &config);
        node->topics = t;
        if (t->err == 0) {
            identify_push_all(&node->identify);
        }
    }
    *err = node->swarm.has_psk ? WAVU_ERR_UNSUPPORTED : t == NULL ? WAVU_ERR_SHUTDOWN : t->err;
    if (*err == 0 && (t->is_shut || node->swarm.is_closing)) {
        *err = WAVU_ERR_SHUTDOWN;
    }
    return *err == 0 ? t : NULL;
}

void wavu_topics_shut(struct wavu_topics *t)
{
    if (t != NULL && !t->is_shut) {
        t->is_shut = true;
        if (t->err == 0) {
            gossipsub_service_clear(&t->service);
        }
    }
}

void wavu_topics_free(struct wavu_topics *t)
{
    struct list *l;
    if (t == NULL) {
        return;
    }
    wavu_topics_shut(t);
    while ((l = list_next(&t->readers, &t->readers)) != NULL) {
        wavu_topics_drop(LIST_OF(l, struct wavu_topic, link));
    }
    mem_free(t);
}

/* ---- What programs ask ---- */

/* May `wish` read beside who reads already? */
static int wavu_topics_may(const struct wavu_topics *t, const struct wavu_topic_wish *wish)
{
    const struct wavu_topic *r = wavu_topics_reader(t, &t->readers, span_from_text(wish->topic));
    bool agrees = r == NULL || (r->wish.policy == wish->policy &&
                                r->wish.in_order == wish->in_order && wish->judge == NULL);
    return !agrees                                    ? WAVU_ERR_EXISTS
           : t->reader_count < WAVU_TOPIC_READERS_MAX ? 0
                                                      : WAVU_ERR_LIMIT;
}

int wavu_topic_join(struct wavu_node *node, const struct wavu_topic_wish *wish,
                    struct wavu_topic **out)
{
    int rc;
    struct span name = span_from_text(wish->topic);
    if (!gossipsub_msg_is_topic(name) || wish->heard == NULL) {
        return WAVU_ERR_INVALID;
    }
    struct wavu_topics *t = wavu_topics_of(node, &rc);
    rc = t != NULL ? wavu_topics_may(t, wish) : rc;
    if (rc == 0 && wavu_topics_reader(t, &t->readers, name) == NULL) {
        const struct gossipsub_topic_config config = {.policy = wish->policy == WAVU_TOPIC_SIGNED
                                                                    ? GOSSIPSUB_SIGN_STRICT
                                                                    : GOSSIPSUB_SIGN_NONE,
                                                      .asks = wish->judge != NULL,
                                                      .in_order = wish->in_order};
        rc = gossipsub_service_join(&t->service, name, &config);
    }
    if (rc < 0) {
        return rc;
    }
    struct wavu_topic *r = mem_new(sizeof *r);
    r->topics = t;
    r->wish = *wish;
    memcpy(r->name, name.ptr, name.len);
    r->wish.topic = r->name;
    list_push_back(&t->readers, &r->link);
    t->reader_count++;
    *out = r;
    return 0;
}

void wavu_topic_leave(struct wavu_topic *reader)
{
    if (reader == NULL) {
        return;
    }
    struct wavu_topics *t = reader->topics;
    struct span name = span_from_text(reader->name);
    reader->is_gone = true;
    if (!t->is_shut && wavu_topics_reader(t, &t->readers, name) == NULL) {
        int rc = gossipsub_service_leave(&t->service, name);
        CHECK(rc == 0);
    }
    t->telling++;
    wavu_topics_done(t); /* frees it, unless somebody is being told */
}

int wavu_topic_publish(struct wavu_node *node, const char *topic, const uint8_t *data, size_t len)
{
    int rc;
    struct gossipsub_sign_id id;
    struct wavu_topics *t = wavu_topics_of(node, &rc);
    if (t == NULL) {
        return rc;
    }
    rc = gossipsub_service_publish(&t->service, span_from_text(topic), span_of(data, len), &id);
    const struct wavu_topic *r = wavu_topics_reader(t, &t->readers, span_from_text(topic));
    if (rc == 0 && r != NULL) {
        char from[WAVU_PEER_TEXT_MAX] = "";
        struct wavu_topic_message m = {
            .topic = topic, .from = from, .peer = "", .data = data, .len = len, .is_own = true};
        if (r->wish.policy == WAVU_TOPIC_SIGNED) {
            peerid_format(&node->swarm.self, from);
            m.seqno = id.bytes + id.len - GOSSIPSUB_SIGN_SEQNO_SIZE;
            m.seqno_len = GOSSIPSUB_SIGN_SEQNO_SIZE;
        }
        wavu_topics_deliver(t, &m);
    }
    return rc;
}

void wavu_topic_judge(struct wavu_node *node, uint64_t ticket, enum wavu_topic_verdict verdict)
{
    static const enum gossipsub_verdict verdicts[] = {[WAVU_TOPIC_ACCEPT] = GOSSIPSUB_ACCEPT,
                                                      [WAVU_TOPIC_REJECT] = GOSSIPSUB_REJECT,
                                                      [WAVU_TOPIC_IGNORE] = GOSSIPSUB_IGNORE};
    struct wavu_topics *t = node->topics;
    if (t != NULL && t->err == 0 && !t->is_shut) {
        gossipsub_service_validated(&t->service, ticket, verdicts[verdict]);
    }
}

void wavu_topics_each(const struct wavu_node *node, void (*each)(void *context, const char *topic),
                      void *context)
{
    const struct wavu_topics *t = node->topics;
    if (t == NULL || t->err < 0 || t->is_shut) {
        return;
    }
    struct span *names = mem_new_array(WAVU_TOPICS_MAX, sizeof *names);
    size_t count = gossipsub_topics(t->service.machine, names, WAVU_TOPICS_MAX);
    char(*texts)[WAVU_TOPIC_NAME_MAX] = mem_new_array(count + 1, sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        wavu_topics_name(texts[i], names[i]);
    }
    for (size_t i = 0; i < count; i++) { /* `each` may join and leave */
        each(context, texts[i]);
    }
    mem_free(texts);
    mem_free(names);
}

void wavu_topic_peers(const struct wavu_node *node, const char *topic,
                      void (*each)(void *context, const char *peer), void *context)
{
    const struct wavu_topics *t = node->topics;
    if (t == NULL || t->err < 0 || t->is_shut) {
        return;
    }
    struct peerid *peers = mem_new_array(GOSSIPSUB_PEERS_MAX, sizeof *peers);
    struct span name = topic != NULL ? span_from_text(topic) : span_empty();
    size_t count = topic != NULL && name.len == 0
                       ? 0
                       : gossipsub_peers(t->service.machine, name, peers, GOSSIPSUB_PEERS_MAX);
    for (size_t i = 0; i < count; i++) {
        char text[WAVU_PEER_TEXT_MAX];
        peerid_format(&peers[i], text);
        each(context, text);
    }
    mem_free(peers);
}
