/*
 * Tags of the gate in a frame of the overlay.
 */
#include "overlay/overlay_proof.h"

#include <string.h>

bool overlay_proof_is_wanted(const struct gate_network *network)
{
    return network->recognise != NULL && network->is_member == NULL;
}

void overlay_proof_write(const struct gate_network *network, const struct gate_link *link,
                         struct wr *w)
{
    uint8_t tags[GATE_TAGS_MAX][GATE_TAG_SIZE];
    size_t count = network->prove(network->context, link, tags);
    overlay_frame_head(w, OVERLAY_PROOF, count * sizeof tags[0]);
    wr_bytes(w, span_of(tags, count * sizeof tags[0]));
}

bool overlay_proof_holds(const struct gate_network *network, const struct gate_link *link,
                         const struct overlay_frame *frame)
{
    uint8_t tags[GATE_TAGS_MAX][GATE_TAG_SIZE];
    size_t count = frame->body.len / sizeof tags[0];
    if (frame->kind != OVERLAY_PROOF || frame->body.len % sizeof tags[0] != 0 || count == 0 ||
        count > GATE_TAGS_MAX) {
        return false;
    }
    memcpy(tags, frame->body.ptr, count * sizeof tags[0]);
    return network->recognise(network->context, link, tags, count);
}
