/*
 * The message cache and the table of what was seen, both in the order of coming.
 */
#include "pubsub/gossipsub_cache.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "pubsub/gossipsub_topic.h"

#define STATUS_BITS 2
#define STATUS_MASK 3u

struct gossipsub_message *gossipsub_cache_message(struct span bytes)
{
    struct gossipsub_message *m = mem_new_raw(sizeof *m + bytes.len + 1);
    *m = (struct gossipsub_message){.refs = 1};
    memcpy(m->bytes, bytes.ptr, bytes.len);
    int rc = gossipsub_msg_publish_decode(&m->publish, span_of(m->bytes, bytes.len));
    CHECK(rc == 0);
    return m;
}

struct gossipsub_message *gossipsub_cache_ref(struct gossipsub_message *m)
{
    m->refs++;
    return m;
}

void gossipsub_cache_unref(struct gossipsub_message *m)
{
    CHECK(m->refs > 0);
    m->refs--;
    if (m->refs == 0) {
        if (m->topic != NULL) {
            CHECK(m->topic->messages > 0);
            m->topic->messages--;
        }
        mem_free(m);
    }
}

void gossipsub_cache_init(struct gossipsub_cache *c, unsigned windows)
{
    *c = (struct gossipsub_cache){.windows = windows};
    gossipsub_keys_init(&c->kept, GOSSIPSUB_CACHE_COUNT_MAX);
    gossipsub_keys_init(&c->seen, GOSSIPSUB_CACHE_SEEN_MAX);
}

static struct gossipsub_message *gossipsub_cache_of(uint64_t value)
{
    return (struct gossipsub_message *)(uintptr_t)value;
}

static void gossipsub_cache_drop(struct gossipsub_cache *c)
{
    struct gossipsub_keys_entry e;
    if (gossipsub_keys_pop(&c->kept, &e)) {
        struct gossipsub_message *m = gossipsub_cache_of(e.value);
        c->bytes -= m->publish.bytes.len;
        gossipsub_cache_unref(m);
    }
}

void gossipsub_cache_clear(struct gossipsub_cache *c)
{
    while (c->kept.count > 0) {
        gossipsub_cache_drop(c);
    }
    gossipsub_keys_clear(&c->kept);
    gossipsub_keys_clear(&c->seen);
}

void gossipsub_cache_put(struct gossipsub_cache *c, struct gossipsub_message *m)
{
    size_t len = m->publish.bytes.len;
    while (gossipsub_keys_is_full(&c->kept) ||
           (c->kept.count > 0 && c->bytes + len > GOSSIPSUB_CACHE_BYTES_MAX)) {
        gossipsub_cache_drop(c);
    }
    m->beat = c->beat;
    c->bytes += len;
    gossipsub_keys_put(&c->kept, m->key, (uint64_t)(uintptr_t)gossipsub_cache_ref(m));
}

struct gossipsub_message *gossipsub_cache_get(const struct gossipsub_cache *c, uint64_t key)
{
    const uint64_t *value = gossipsub_keys_get(&c->kept, key);
    return value != NULL ? gossipsub_cache_of(*value) : NULL;
}

struct gossipsub_message *gossipsub_cache_newest(const struct gossipsub_cache *c, size_t i)
{
    return gossipsub_cache_of(gossipsub_keys_at(&c->kept, c->kept.count - 1 - (uint32_t)i)->value);
}

size_t gossipsub_cache_recent(const struct gossipsub_cache *c, unsigned windows)
{
    size_t count = 0;
    while (count < c->kept.count && c->beat - gossipsub_cache_newest(c, count)->beat < windows) {
        count++;
    }
    return count;
}

void gossipsub_cache_shift(struct gossipsub_cache *c, uint64_t now)
{
    struct gossipsub_keys_entry e;
    c->beat++;
    while (c->kept.count > 0 &&
           c->beat - gossipsub_cache_of(gossipsub_keys_at(&c->kept, 0)->value)->beat >=
               c->windows) {
        gossipsub_cache_drop(c);
    }
    while (c->seen.count > 0 && (gossipsub_keys_at(&c->seen, 0)->value >> STATUS_BITS) +
                                        GOSSIPSUB_CACHE_SEEN_S * TIMERS_SECOND <=
                                    now) {
        (void)gossipsub_keys_pop(&c->seen, &e);
    }
}

void gossipsub_cache_see(struct gossipsub_cache *c, uint64_t key,
                         enum gossipsub_cache_status status, uint64_t now)
{
    struct gossipsub_keys_entry e;
    uint64_t value = now << STATUS_BITS | (uint64_t)status;
    uint64_t *old = gossipsub_keys_get(&c->seen, key);
    if (old != NULL) {
        *old = value;
        return;
    }
    if (gossipsub_keys_is_full(&c->seen)) {
        (void)gossipsub_keys_pop(&c->seen, &e);
    }
    gossipsub_keys_put(&c->seen, key, value);
}

bool gossipsub_cache_has_seen(const struct gossipsub_cache *c, uint64_t key,
                              enum gossipsub_cache_status *status, uint64_t *at_ns)
{
    const uint64_t *value = gossipsub_keys_get(&c->seen, key);
    if (value == NULL) {
        return false;
    }
    *status = (enum gossipsub_cache_status)(*value & STATUS_MASK);
    *at_ns = *value >> STATUS_BITS;
    return true;
}

size_t gossipsub_cache_memory(const struct gossipsub_cache *c)
{
    return gossipsub_keys_memory(&c->kept) + gossipsub_keys_memory(&c->seen) + c->bytes +
           c->kept.count * sizeof(struct gossipsub_message);
}

void gossipsub_cache_check(const struct gossipsub_cache *c)
{
    size_t bytes = 0;
    gossipsub_keys_check(&c->kept);
    gossipsub_keys_check(&c->seen);
    for (size_t i = 0; i < c->kept.count; i++) {
        const struct gossipsub_message *m = gossipsub_cache_newest(c, i);
        CHECK(m->refs > 0 && c->beat - m->beat < c->windows);
        bytes += m->publish.bytes.len;
    }
    CHECK(bytes == c->bytes);
}
