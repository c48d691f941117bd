/*
 * Addresses come from our listeners and from others' messages, and leave to both.
 */
#include "overlay/overlay_where.h"

#include "base/rd.h"

void overlay_where_put(struct wr *w, const struct multiaddr *address)
{
    wr_prefixed(w, multiaddr_span(address));
}

size_t overlay_where_write(struct span_mut out, const struct multiaddr *addresses, size_t count)
{
    struct wr w;
    size_t len = 0;
    wr_init(&w, out);
    for (size_t i = 0; i < count; i++) {
        overlay_where_put(&w, &addresses[i]);
        len = wr_finish(&w) == 0 ? w.len : len;
    }
    return len;
}

size_t overlay_where_read(struct span where, struct multiaddr *out, size_t max)
{
    struct rd r;
    size_t count = 0;
    rd_init(&r, where);
    while (count < max && rd_left(&r) > 0) {
        struct span one = rd_prefixed(&r, where.len);
        if (r.failed || multiaddr_decode(&out[count], one) < 0) {
            break;
        }
        count++;
    }
    return count;
}
