/*
 * Ids for tests: the first byte spreads them, the last two are the number.
 */
#include "tests/support/overlay_null.h"

struct overlay_id overlay_null_id(size_t number)
{
    struct overlay_id id = {{0}};
    id.bytes[0] = (uint8_t)(number * 37);
    id.bytes[30] = (uint8_t)(number >> 8);
    id.bytes[31] = (uint8_t)number;
    return id;
}

size_t overlay_null_number(const struct overlay_id *id)
{
    return (size_t)id->bytes[30] << 8 | id->bytes[31];
}
