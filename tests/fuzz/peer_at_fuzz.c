/*
 * PEER@HOST as typed: what is understood is an address that base/multiaddr.h reads, with a part
 * that is one; said again without a part it is the same. Of what is not understood nothing is left.
 */
#include "apps/rpc/peer_at.h"

#include <string.h>

#include "base/check.h"
#include "base/multiaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[1024];
    struct peer_at out;
    struct peer_at again;
    struct multiaddr address;
    len = len < sizeof text ? len : sizeof text - 1;
    memcpy(text, data, len);
    text[len] = '\0';
    int rc = peer_at_parse(text, &out);
    if (rc < 0) {
        CHECK(rc == WAVU_ERR_INVALID || rc == WAVU_ERR_PEER_ID);
        CHECK(out.address[0] == '\0' && out.part[0] == '\0');
        return 0;
    }
    CHECK(multiaddr_parse(&address, span_from_text(out.address)) == 0);
    CHECK(strlen(out.part) == 0 || strlen(out.part) >= PEER_AT_PART_MIN);
    CHECK(peer_at_fits(text, out.part)); /* it stands at the beginning */
    CHECK(peer_at_parse(out.address, &again) == 0);
    CHECK(strcmp(again.address, out.address) == 0 && again.part[0] == '\0');
    return 0;
}
