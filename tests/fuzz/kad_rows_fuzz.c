/*
 * Fuzzes the rows of Kademlia's store: whatever a file has is refused, or read within its limits.
 * The first byte is the length of the key that it is under.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "discovery/kad_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool is_inside(struct span part, struct span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static bool is_refused(int rc)
{
    CHECK(rc == 0 || rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED);
    return rc != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct kad_rows_value value;
    struct kad_rows_provided provided;
    struct kad_rows_holder holder;
    struct kad_rows_own own;
    if (len == 0) {
        return 0;
    }
    struct span key = span_slice(span_of(data, len), 1, data[0]);
    struct span bytes = span_slice(span_of(data, len), 1 + (size_t)data[0], len);
    if (!is_refused(kad_rows_get_value(&value, bytes))) {
        CHECK(is_inside(value.value, bytes) && value.value.len <= KAD_MSG_VALUE_MAX);
        CHECK(value.holder.len > 0);
    }
    if (!is_refused(kad_rows_get_provided(&provided, key, bytes))) {
        CHECK(is_inside(provided.key, key) && provided.key.len <= KAD_ROWS_PROVIDED_KEY_MAX);
        CHECK(provided.key.len > 0 && provided.holder.len > 0);
    }
    if (!is_refused(kad_rows_get_holder(&holder, bytes))) {
        CHECK(is_inside(holder.addresses, bytes) &&
              holder.addresses.len <= KAD_QUOTA_ADDRESSES_MAX);
    }
    if (!is_refused(kad_rows_get_own(&own, key, bytes))) {
        CHECK(is_inside(own.key, key) && is_inside(own.value, bytes) && own.key.len > 0);
        CHECK(own.is_provided == (own.value.len == 0));
    }
    return 0;
}
