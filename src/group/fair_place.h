/*
 * Few places that many want: who has most of them gives one to who has fewer. Embedded in what has
 * a place.
 */
#ifndef GROUP_FAIR_PLACE_H
#define GROUP_FAIR_PLACE_H

#include <stdint.h>

#include "base/list.h"

#define FAIR_PLACE_SIZE 32 /* of an owner's id */

struct fair_place {
    struct list link; /* among all that are taken */
    uint8_t owner[FAIR_PLACE_SIZE];
};

/** All places are taken and `owner` wants one: which goes, the last one of who has most; NULL:
 * none, since it would have as many then. */
struct fair_place *fair_place_victim(const struct list *all, const uint8_t owner[FAIR_PLACE_SIZE]);

#endif
