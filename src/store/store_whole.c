/*
 * Whole keys, and what comes directly behind one in their order.
 */
#include "store/store_whole.h"

#include <string.h>

#include "base/check.h"
#include "base/wr.h"

int store_whole_of(struct store_whole *w, enum store_space space, const char *name, struct span key)
{
    struct span text = span_from_text(name);
    struct wr out;
    CHECK(text.len > 0 && text.len <= STORE_NAME_MAX); /* names are ours */
    if (key.len > STORE_KEY_MAX) {
        return WAVU_ERR_LIMIT;
    }
    wr_init(&out, span_mut_of(w->bytes, sizeof w->bytes));
    wr_u8(&out, (uint8_t)space);
    wr_u8(&out, (uint8_t)text.len);
    wr_bytes(&out, text);
    wr_bytes(&out, key);
    CHECK(wr_finish(&out) == 0);
    w->len = out.len;
    return 0;
}

void store_whole_of_record(struct store_whole *w, const char *log, uint64_t sequence)
{
    uint8_t bytes[8];
    struct wr out;
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&out, sequence);
    CHECK(store_whole_of(w, STORE_LOGS, log, wr_span(&out)) == 0);
}

void store_whole_set(struct store_whole *w, struct span key)
{
    CHECK(key.len <= sizeof w->bytes);
    if (key.len > 0) {
        memmove(w->bytes, key.ptr, key.len); /* it may be our own */
    }
    w->len = key.len;
}

void store_whole_set_behind(struct store_whole *w, struct span key)
{
    CHECK(key.len < sizeof w->bytes);
    store_whole_set(w, key);
    w->bytes[w->len++] = 0;
}

void store_whole_set_end(struct store_whole *w, struct span prefix)
{
    store_whole_set(w, prefix);
    while (w->len > 0 && w->bytes[w->len - 1] == 0xff) {
        w->len--;
    }
    CHECK(w->len > 0); /* no space is 0xff */
    w->bytes[w->len - 1]++;
}
