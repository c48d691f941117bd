/*
 * What the files of sim/ share and nobody else includes: the simulator, its hosts, and the life
 * that runs on a host between its start and its crash.
 */
#ifndef SIM_SIM_CORE_H
#define SIM_SIM_CORE_H

#include "base/list.h"
#include "base/map.h"
#include "base/multiaddr.h"
#include "port/net.h"
#include "sim/sim.h"
#include "sim/sim_cable.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "sim/sim_lan.h"

#define SIM_READ_BUFFER_SIZE (PORT_NET_HEADROOM + PORT_NET_READ_MAX)

struct sim {
    uint64_t seed;
    uint64_t now_ns;
    uint64_t hash;
    uint64_t events; /* fired, and turns run */
    struct heap events_due;
    struct list runnable; /* lives whose turn is now */
    bool is_running;
    struct sim_settings settings;
    struct random_seeded streams[SIM_PURPOSES];
    struct random randoms[SIM_PURPOSES];

    struct list hosts;
    uint32_t host_count;
    struct map addresses; /* IP bytes -> struct sim_address */
    struct map cables;    /* two host numbers -> struct sim_cable */
    struct sim_cable_settings cable_default;
    struct map names;    /* text -> struct sim_name */
    int names_err;       /* why look-ups fail, or 0 */
    struct list conns;   /* all connections */
    struct list packets; /* datagrams under way */
    uint8_t *read_room;  /* what BYTES events borrow from, SIM_READ_BUFFER_SIZE */
    uint64_t *spare; /* first of the pipes' unused small buffers, linked through their first word */
};

struct sim_address {
    struct list link; /* in host->addresses */
    struct sim_host *host;
    struct multiaddr_ip ip;
};

/* A machine: survives its crashes. Owned by the simulator. */
struct sim_host {
    struct sim *sim;
    struct list link; /* in sim->hosts */
    uint32_t number;  /* from 0, in order of making */
    uint32_t side;    /* of a partition: cables between different sides are cut */
    bool is_silent;   /* switched off: what comes vanishes, nothing leaves */
    bool is_hidden;   /* nobody else can dial it */
    struct sim_life *life;
    uint32_t lives;
    struct list addresses;
    struct list wires; /* that leave from here */
    struct list listeners;
    struct list plugs;   /* of struct sim_plug: the networks that it is on */
    struct list sockets; /* of struct port_udp */
    struct sim_lan_traffic traffic;
    struct sim_draw datagrams; /* loss, delay and repetition of those that it sends */
    struct sim_disk disk;
    uint16_t port_next;
    uint64_t dials;            /* numbers the connections made from here, for their draws */
    uint64_t boot_ns;          /* boot time less the simulator's clock; grows with jumps */
    int64_t skew_ms;           /* of the wall clock */
    uint64_t turn_cost_ns;     /* virtual time that a turn takes */
    uint64_t stalled_until_ns; /* no turn comes before */
    struct sim_draw draw;      /* boot times of its lives */
    struct sim_draw work;      /* how long its jobs take */
};

/* Something that waits for the "in" phase of its life's next turn. */
struct sim_input {
    struct list link;
    void (*deliver)(struct sim_input *);
};

/* A process on a host: its port and what it holds open. Owned by the host; after a crash it stays,
 * dead, for the owners of its handles to close them, until the restart. */
struct sim_life {
    struct port port; /* first */
    struct sim_host *host;
    bool is_dead;
    bool is_in_turn;
    struct list runnable; /* in sim->runnable */
    struct list inputs;
    struct list handles; /* sockets, listeners, look-ups, files and jobs that their owners have not
                            closed */
    size_t jobs;         /* of them, jobs */
    struct sim_input *visiting; /* whose callback runs; NULL once that handle was closed */
    struct sim_event wake;
    struct random_seeded random;
    uint64_t busy_until_ns;
    uint64_t turn_at_ns; /* when its last turn ran, and how many ran then */
    uint32_t turns_at_once;
};

/* Kinds of what the event hash folds. */
enum sim_kind {
    SIM_KIND_TURN = 1,
    SIM_KIND_OPENED,
    SIM_KIND_BYTES,
    SIM_KIND_WRITABLE,
    SIM_KIND_CLOSED,
    SIM_KIND_ACCEPTED,
    SIM_KIND_NAME,
    SIM_KIND_CRASH,
    SIM_KIND_RESTART,
    SIM_KIND_DATAGRAM,
    SIM_KIND_WORK
};

#endif
