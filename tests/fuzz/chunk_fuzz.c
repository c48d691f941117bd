/*
 * Chunk queue against a flat array of bytes, together with a chunk that others hold slices of: its
 * bytes must never change. Two input bytes are one operation.
 */
#include "base/chunk.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define SHARED_SIZE 256
#define STEPS_MAX 512 /* each compares everything: quadratic */
#define MODEL_MAX (STEPS_MAX * 256)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t model[MODEL_MAX];
static size_t model_first;
static size_t model_end;
static uint8_t next_byte;

static void model_add(struct span s)
{
    CHECK(s.len <= MODEL_MAX - model_end);
    memcpy(model + model_end, s.ptr, s.len);
    model_end += s.len;
}

static void append(struct chunk_queue *q, size_t len)
{
    uint8_t bytes[256];

    for (size_t i = 0; i < len; i++) {
        bytes[i] = next_byte;
        next_byte++;
    }
    model_add(span_of(bytes, len));
    chunk_queue_append(q, span_of(bytes, len));
}

/* A slice of a chunk of its own, with room before and behind. */
static void push_own(struct chunk_queue *q, size_t len)
{
    struct chunk *c = chunk_new_raw(len + 8);
    struct span_mut bytes = chunk_bytes(c);

    memset(bytes.ptr, 0xaa, bytes.len);
    memset(bytes.ptr + 3, next_byte, len);
    next_byte++;
    model_add(span_of(bytes.ptr + 3, len));
    chunk_queue_push_take(q, c, 3, len);
}

static void check(const struct chunk_queue *q)
{
    static struct span slices[STEPS_MAX];
    size_t count = chunk_queue_gather(q, slices, STEPS_MAX);
    size_t at = model_first;

    CHECK(q->len == model_end - model_first);
    CHECK((q->len == 0) == (q->first == NULL) && (q->first == NULL) == (q->last == NULL));
    for (size_t i = 0; i < count; i++) {
        CHECK(slices[i].len > 0 && slices[i].len <= model_end - at);
        CHECK(memcmp(slices[i].ptr, model + at, slices[i].len) == 0);
        at += slices[i].len;
    }
    CHECK(at == model_end);
    CHECK(count == 0 || span_is_equal(chunk_queue_front(q), slices[0]));
}

static void step(struct chunk_queue *q, struct chunk *shared, uint8_t operation, uint8_t size)
{
    struct span_mut bytes = chunk_bytes(shared);
    size_t left = model_end - model_first;

    switch (operation & 7) {
    case 0:
    case 1:
        append(q, size);
        break;
    case 2:
        append(q, size % 4);
        break;
    case 3:
        push_own(q, size % 64);
        break;
    case 4: {
        size_t offset = operation >> 3;
        size_t len = size % (SHARED_SIZE - offset);

        model_add(span_of(bytes.ptr + offset, len));
        chunk_queue_push_take(q, chunk_ref(shared), offset, len);
        break;
    }
    case 7:
        left = operation & 0x80 ? left : left / 2;
        chunk_queue_drop(q, left);
        model_first += left;
        break;
    default:
        left = size < left ? size : left;
        chunk_queue_drop(q, left);
        model_first += left;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct chunk_queue q = {0};
    size_t live = mem_live_count();
    struct chunk *shared = chunk_new_raw(SHARED_SIZE);
    struct span_mut bytes = chunk_bytes(shared);

    for (size_t i = 0; i < SHARED_SIZE; i++) {
        bytes.ptr[i] = (uint8_t)i;
    }
    model_first = 0;
    model_end = 0;
    for (size_t i = 0; i + 1 < len && i < STEPS_MAX * 2; i += 2) {
        step(&q, shared, data[i], data[i + 1]);
        check(&q);
    }
    for (size_t i = 0; i < SHARED_SIZE; i++) {
        CHECK(bytes.ptr[i] == (uint8_t)i);
    }
    if (len % 2 == 0) {
        chunk_unref(shared);
        chunk_queue_clear(&q);
    } else {
        chunk_queue_clear(&q);
        chunk_unref(shared);
    }
    CHECK(q.len == 0 && q.first == NULL && mem_live_count() == live);
    return 0;
}
