/*
 * Ids and addresses as bytes and as text.
 */
#include "apps/p2pd/p2pd_form.h"

#include <string.h>

#include "base/multibase.h"

int p2pd_form_text(struct span id, char out[WAVU_PEER_TEXT_MAX])
{
    struct wr w;
    if (id.len == 0 || id.len > MULTIADDR_PEER_SIZE_MAX) {
        return WAVU_ERR_INVALID;
    }
    wr_init(&w, span_mut_of(out, WAVU_PEER_TEXT_MAX));
    multibase_encode(&w, MULTIBASE_BASE58BTC, id);
    return wr_finish_text(&w) < 0 ? WAVU_ERR_INVALID : 0;
}

void p2pd_form_bytes(const char *text, struct p2pd_form_peer *out)
{
    struct wr w;
    wr_init(&w, span_mut_of(out->bytes, sizeof out->bytes));
    out->len = multibase_decode(&w, MULTIBASE_BASE58BTC, span_from_text(text)) < 0 ? 0 : w.len;
}

bool p2pd_form_address(const char *text, struct multiaddr *out)
{
    if (multiaddr_parse(out, span_from_text(text)) < 0) {
        return false;
    }
    (void)multiaddr_pop_peer(out, NULL, NULL);
    return out->len > 0;
}

int p2pd_form_name(struct span name, char *out, size_t size)
{
    if (name.len == 0 || name.len >= size || memchr(name.ptr, '\0', name.len) != NULL) {
        return WAVU_ERR_INVALID;
    }
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
    return 0;
}
