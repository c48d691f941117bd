/*
 * Two allowances, of the source and of all. A source that is known is remembered anew each time it
 * comes, also in vain; who is refused for all is not remembered.
 */
#include "group/open_door.h"

#include <string.h>

#include "base/check.h"
#include "base/span.h"

#define MILLI UINT64_C(1000) /* budget_bucket_add counts thousandths */
#define ALL_TOKENS (OPEN_DOOR_BURST * OPEN_DOOR_SECONDS)
#define SOURCE_TOKENS (OPEN_DOOR_SOURCE_BURST * OPEN_DOOR_SOURCE_SECONDS)

_Static_assert(2 * OPEN_DOOR_SOURCE_BURST <= OPEN_DOOR_BURST &&
                   2 * OPEN_DOOR_SECONDS <= OPEN_DOOR_SOURCE_SECONDS,
               "one source alone leaves half to others, at once and for ever");

void open_door_init(struct open_door *d, uint64_t now)
{
    memset(d, 0, sizeof *d);
    budget_bucket_init(&d->admits, 1, ALL_TOKENS, now);
}

static struct open_door_source *find(struct open_door *d,
                                     const uint8_t source[OPEN_DOOR_SOURCE_SIZE])
{
    for (size_t i = 0; i < d->count; i++) {
        if (span_is_equal(span_of(d->sources[i].source, OPEN_DOOR_SOURCE_SIZE),
                          span_of(source, OPEN_DOOR_SOURCE_SIZE))) {
            return &d->sources[i];
        }
    }
    return NULL;
}

/* A place for a new source, if need be that of the one unseen for longest. */
static struct open_door_source *place(struct open_door *d)
{
    struct open_door_source *oldest = &d->sources[0];
    if (d->count < OPEN_DOOR_SOURCES_MAX) {
        return &d->sources[d->count++];
    }
    for (size_t i = 1; i < d->count; i++) {
        if (d->sources[i].seen < oldest->seen) {
            oldest = &d->sources[i];
        }
    }
    return oldest;
}

int open_door_ask(struct open_door *d, uint64_t now, const uint8_t source[OPEN_DOOR_SOURCE_SIZE])
{
    struct open_door_source *s = find(d, source);
    if (s != NULL) {
        s->seen = now;
        if (budget_bucket_take(&s->admits, OPEN_DOOR_SOURCE_SECONDS, now) < 0) {
            return WAVU_ERR_LIMIT;
        }
    }
    if (budget_bucket_take(&d->admits, OPEN_DOOR_SECONDS, now) < 0) {
        if (s != NULL) {
            budget_bucket_add(&s->admits, OPEN_DOOR_SOURCE_SECONDS * MILLI);
        }
        return WAVU_ERR_LIMIT;
    }
    if (s == NULL) {
        s = place(d);
        memcpy(s->source, source, sizeof s->source);
        s->seen = now;
        budget_bucket_init(&s->admits, 1, SOURCE_TOKENS, now);
        CHECK(budget_bucket_take(&s->admits, OPEN_DOOR_SOURCE_SECONDS, now) == 0);
    }
    return 0;
}

void open_door_check(const struct open_door *d)
{
    CHECK(d->count <= OPEN_DOOR_SOURCES_MAX);
    CHECK(d->admits.tokens_milli <= ALL_TOKENS * MILLI);
    for (size_t i = 0; i < d->count; i++) {
        CHECK(d->sources[i].admits.tokens_milli <= SOURCE_TOKENS * MILLI);
        for (size_t k = 0; k < i; k++) {
            CHECK(!span_is_equal(span_of(d->sources[i].source, OPEN_DOOR_SOURCE_SIZE),
                                 span_of(d->sources[k].source, OPEN_DOOR_SOURCE_SIZE)));
        }
    }
}
