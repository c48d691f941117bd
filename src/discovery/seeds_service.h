/*
 * Seeds on the swarm: look-ups through the port, dials through net/dial.h, ends from the swarm's
 * news of connections.
 */
#ifndef DISCOVERY_SEEDS_SERVICE_H
#define DISCOVERY_SEEDS_SERVICE_H

#include "base/timers.h"
#include "discovery/seeds.h"
#include "net/dial.h"
#include "net/swarm.h"

#define SEEDS_SERVICE_SLACK_NS (UINT64_C(50) * 1000000) /* a try may wait so long for company */

struct seeds_service_user {
    /* A connection to seed number `seed` is there, dialled or found. */
    void (*connected)(void *context, size_t seed, struct conn *conn);
    /* How seed number `seed` stands has changed: seeds_look(&service->seeds, ...). */
    void (*changed)(void *context, size_t seed);
    void *context;
};

struct seeds_service_config {
    struct swarm *swarm; /* borrowed */
    uint64_t base_ns;    /* as struct seeds_config, as the next two */
    uint32_t retries;
    bool is_low_power;
    struct seeds_service_user user;
};

struct seeds_service_try;

struct seeds_service {
    struct seeds_service_config config;
    struct seeds seeds;
    struct timer timer;
    struct observe observe;
    struct seeds_service_try *tries[SEEDS_MAX]; /* by seed; NULL: none under way */
};

void seeds_service_init(struct seeds_service *s, const struct seeds_service_config *config);

/** Cancel what is under way. */
void seeds_service_clear(struct seeds_service *s);

/** As seeds_add. The first try is made in a later turn. */
WARN_UNUSED int seeds_service_add(struct seeds_service *s, struct span text);

/** As seeds_told; a connection that we made to the seed is closed when what is queued has gone. */
void seeds_service_told(struct seeds_service *s, const struct peerid *peer,
                        enum seeds_state verdict);

/** As seeds_set_wanted, seeds_hurry, seeds_set_power. */
void seeds_service_set_wanted(struct seeds_service *s, bool is_wanted);
void seeds_service_hurry(struct seeds_service *s);
void seeds_service_set_power(struct seeds_service *s, bool is_low);

#endif
