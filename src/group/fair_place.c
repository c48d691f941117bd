/*
 * Counting owners, each against each: places are few.
 */
#include "group/fair_place.h"

#include "base/span.h"

static size_t places_of(const struct list *all, const uint8_t owner[FAIR_PLACE_SIZE])
{
    size_t places = 0;

    for (struct list *l = list_next(all, all); l != NULL; l = list_next(all, l)) {
        const struct fair_place *place = LIST_OF(l, struct fair_place, link);
        places +=
            span_is_equal(span_of(place->owner, FAIR_PLACE_SIZE), span_of(owner, FAIR_PLACE_SIZE));
    }
    return places;
}

struct fair_place *fair_place_victim(const struct list *all, const uint8_t owner[FAIR_PLACE_SIZE])
{
    size_t most = places_of(all, owner) + 2; /* it has one fewer then, this one more */
    struct fair_place *victim = NULL;

    for (struct list *l = list_next(all, all); l != NULL; l = list_next(all, l)) {
        struct fair_place *place = LIST_OF(l, struct fair_place, link);
        size_t places = places_of(all, place->owner);

        if (places >= most) {
            most = places;
            victim = place;
        }
    }
    return victim;
}
