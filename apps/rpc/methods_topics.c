/*
 * Topics over the control socket: parameters in, wavu/topics.h asked, one JSON value or one
 * sentence out.
 */
#include "apps/rpc/methods_topics.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "base/mem.h"
#include "wavu/topics.h"

#define NS_IN_MS UINT64_C(1000000)

/* A topic that was joined here. */
struct joined {
    struct list link;
    struct methods *m;
    struct wavu_topic *reader; /* the node's */
    char topic[WAVU_TOPIC_NAME_MAX];
};

static const struct takes_meaning meanings[] = {
    {WAVU_ERR_INVALID, "a topic's name has 1 to 256 bytes of UTF-8, without control characters"},
    {WAVU_ERR_EXISTS, "the node is in that topic by other rules already"},
    {WAVU_ERR_NOT_FOUND, "the node is not in that topic; 'wavu topic list' shows in which it is"},
    {WAVU_ERR_LIMIT, "a node is in at most 256 topics, and says at most 64136 bytes at once"},
    {WAVU_ERR_UNSUPPORTED, "a node with a pre-shared key is in no topics: its network is closed"},
    {0, NULL}};

static const struct takes_meaning publish_meanings[] = {
    {WAVU_ERR_INVALID, "a topic's name has 1 to 256 bytes of UTF-8, without control characters"},
    {WAVU_ERR_EXISTS, "that was said already, in a topic whose messages name no author"},
    {WAVU_ERR_LIMIT, "at most 64136 bytes are said at once"},
    {WAVU_ERR_UNSUPPORTED, "a node with a pre-shared key is in no topics: its network is closed"},
    {0, NULL}};

static uint64_t now_ns(const struct methods *m)
{
    struct wavu_status status;
    wavu_node_status(m->node, &status);
    return status.uptime_ms * NS_IN_MS;
}

static struct joined *find(const struct methods *m, const char *topic)
{
    const struct list *head = &m->topics.joined;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct joined *j = LIST_OF(l, struct joined, link);
        if (strcmp(j->topic, topic) == 0) {
            return j;
        }
    }
    return NULL;
}

void methods_topics_clear(struct methods *m)
{
    struct list *l;
    while (list_is_linked(&m->topics.joined) && (l = list_pop_front(&m->topics.joined)) != NULL) {
        mem_free(LIST_OF(l, struct joined, link));
    }
}

void methods_topics_reset(struct methods *m)
{
    methods_topics_clear(m);
    list_init(&m->topics.joined);
    budget_bucket_init(&m->topics.bucket, METHODS_TOPICS_RATE, METHODS_TOPICS_BURST, now_ns(m));
}

/* For people: nothing is decided by it. */
static uint64_t unix_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_IN_MS;
}

static void hear(void *context, const struct wavu_topic_message *message)
{
    const struct joined *j = context;
    struct methods *m = j->m;
    if (!message->is_own && budget_bucket_take(&m->topics.bucket, 1, now_ns(m)) < 0) {
        m->topics.dropped++;
        return;
    }
    feed_add_topic(&m->feed, message, unix_ms());
    if (m->news != NULL) {
        m->news(m->news_context);
    }
}

/* ---- Methods ---- */

/* Events from number `after` on have what is said there. */
static json_t *joined_answer(uint64_t after)
{
    json_t *result = json_object();
    takes_put(result, "after", json_integer((json_int_t)after));
    return result;
}

json_t *methods_topics_join(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        {"topic"}, 1, 1, "this method takes {\"topic\": its name, \"isAnonymous\": true or false}"};
    struct methods *m = context;
    const char *texts[TAKES_MAX];
    const json_t *anonymous = json_object_get(params, "isAnonymous");
    uint64_t after = m->feed.next - 1;
    if (anonymous != NULL && !json_is_boolean(anonymous)) {
        return takes_refuse(error, takes.sentence);
    }
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    if (find(m, texts[0]) != NULL) {
        return joined_answer(after);
    }
    struct joined *j = mem_new(sizeof *j);
    const struct wavu_topic_wish wish = {.topic = texts[0],
                                         .policy = json_is_true(anonymous) ? WAVU_TOPIC_ANONYMOUS
                                                                           : WAVU_TOPIC_SIGNED,
                                         .heard = hear,
                                         .context = j};
    j->m = m;
    int rc = wavu_topic_join(m->node, &wish, &j->reader);
    if (rc < 0) {
        mem_free(j);
        return takes_fail(error, rc, meanings);
    }
    (void)snprintf(j->topic, sizeof j->topic, "%s", texts[0]);
    list_push_back(&m->topics.joined, &j->link);
    return joined_answer(after);
}

json_t *methods_topics_leave(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {{"topic"}, 1, 1, "this method takes {\"topic\": its name}"};
    struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    struct joined *j = find(m, texts[0]);
    if (j == NULL) {
        return takes_fail(error, WAVU_ERR_NOT_FOUND, meanings);
    }
    wavu_topic_leave(j->reader);
    list_remove(&j->link);
    mem_free(j);
    return json_object();
}

json_t *methods_topics_publish(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        {"topic", "text"}, 2, 2, "this method takes {\"topic\": its name, \"text\": what to say}"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = wavu_topic_publish(m->node, texts[0], (const uint8_t *)texts[1], strlen(texts[1]));
    return rc < 0 ? takes_fail(error, rc, publish_meanings) : json_object();
}

static void count_peer(void *context, const char *peer)
{
    (void)peer;
    *(json_int_t *)context += 1;
}

/* What the topics of a node are, as they are told one after another. */
struct listing {
    const struct methods *m;
    json_t *topics;
};

static void list_one(void *context, const char *topic)
{
    struct listing *l = context;
    json_t *one = json_object();
    json_int_t peers = 0;
    wavu_topic_peers(l->m->node, topic, count_peer, &peers);
    takes_put(one, "topic", json_string(topic));
    takes_put(one, "peers", json_integer(peers));
    takes_put(one, "isHere", json_boolean(find(l->m, topic) != NULL));
    CHECK(json_array_append_new(l->topics, one) == 0);
}

json_t *methods_topics_list(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    json_int_t peers = 0;
    (void)params;
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    struct listing listing = {m, json_array()};
    wavu_topics_each(m->node, list_one, &listing);
    wavu_topic_peers(m->node, NULL, count_peer, &peers);
    json_t *result = json_object();
    takes_put(result, "topics", listing.topics);
    takes_put(result, "peers", json_integer(peers));
    takes_put(result, "dropped", json_integer((json_int_t)m->topics.dropped));
    return result;
}
