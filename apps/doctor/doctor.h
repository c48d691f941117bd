/*
 * Is all well here? A table of checks, each a function of what was seen of the machine, the home
 * and the node; looking is doctor_look's and doctor_ask's, so that a test can make a world up.
 *
 * A check says what it found twice: for whoever sits here, with paths, addresses and programs; and
 * as a static text that may be shown to anybody (wavu bugreport).
 */
#ifndef APPS_DOCTOR_DOCTOR_H
#define APPS_DOCTOR_DOCTOR_H

#include "apps/settings/home.h"
#include "apps/settings/settings.h"

#define DOCTOR_TEXT_MAX 512                      /* bytes of what was found, with NUL */
#define DOCTOR_BY_MAX 64                         /* of the name of a process, with NUL */
#define DOCTOR_CLOCK_LEAST_S INT64_C(1767225600) /* 2026-01-01: no clock of today shows less */
#define DOCTOR_CLOCK_SLACK_S 3600                /* nobody minds an hour */
#define DOCTOR_CLOCK_DAY_S (INT64_C(12) * 3600)  /* from here on it is a wrong day */
#define DOCTOR_DISK_LEAST (UINT64_C(16) << 20)   /* bytes: below, the store soon takes nothing */
#define DOCTOR_DISK_LOW (UINT64_C(256) << 20)
#define DOCTOR_MEMORY_LEAST (UINT64_C(24) << 20) /* bytes: a node takes about 10 MiB */
#define DOCTOR_MEMORY_LOW (UINT64_C(96) << 20)   /* a passphrase takes 64 MiB for a second */
#define DOCTOR_FDS_LOW 256
#define DOCTOR_BACKUP_S (INT64_C(30) * 24 * 3600) /* older is said */

struct json_t;

enum doctor_state { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor_finding {
    enum doctor_state state;
    const char *name;           /* of the check; static */
    const char *brief;          /* without paths, addresses, names; static */
    char what[DOCTOR_TEXT_MAX]; /* a sentence */
    char next[DOCTOR_TEXT_MAX]; /* what to do; "" for nothing */
};

/* A file or folder of the home. */
struct doctor_file {
    int error; /* 0; else an errno value: ENOENT is "not there" */
    unsigned mode;
    bool is_ours;
    bool is_usable; /* of the kind that it should be, and this user may read (a folder: write) it */
    int64_t changed_s; /* since 1970 */
    uint64_t bytes;
};

enum doctor_port_state {
    DOCTOR_PORT_OFF,
    DOCTOR_PORT_FREE,
    DOCTOR_PORT_TAKEN,
    DOCTOR_PORT_DENIED,
    DOCTOR_PORT_ABSENT
};

struct doctor_port {
    enum doctor_port_state state; /* ABSENT: no address of this machine */
    uint16_t number;
    char by[DOCTOR_BY_MAX]; /* who has it ("nginx, process 812"), or "" */
};

/* How the node of this home answers. */
enum doctor_node {
    DOCTOR_NODE_NONE,
    DOCTOR_NODE_UP,
    DOCTOR_NODE_LOCKED,
    DOCTOR_NODE_SILENT,
    DOCTOR_NODE_FOREIGN,
    DOCTOR_NODE_ODD
};

/* All that was seen. Zeroed memory is a machine of which nothing is known. */
struct doctor_world {
    const char *home;
    const char *named; /* --home, or NULL */
    struct doctor_file folder;
    struct doctor_file device_key;
    struct doctor_file identity_key;
    struct doctor_file store_key;
    struct doctor_file store;
    struct doctor_file config; /* of the user's files with settings the one that is most open */
    char config_path[HOME_PATH_MAX];
    struct doctor_file control;
    bool is_held;      /* a process holds the home's lock for longer than a start takes */
    bool is_cut;       /* a restore or wipe was cut off */
    int settings_code; /* 0: they are good */
    char settings_problem[DOCTOR_TEXT_MAX]; /* that sentence */
    struct settings settings;
    int64_t now_s;        /* since 1970, by this machine */
    bool is_clock_kept;   /* the system says that it is kept in time */
    uint64_t disk_free;   /* bytes that this user may write */
    int disk_error;       /* errno value of a try to write; 0: it went well */
    uint64_t memory_free; /* bytes; 0: not known */
    uint64_t fds_max;     /* 0: not known */
    struct doctor_port listen;
    struct doctor_port discovery;
    unsigned interfaces;  /* that are up, loopback apart */
    unsigned calling;     /* of them, that carry multicast or broadcast */
    unsigned ip4_private; /* addresses */
    unsigned ip4_public;
    unsigned ip6_global;
    bool has_ip6;     /* the system speaks it */
    bool has_ip6_way; /* a way to the internet over it is known */
    enum doctor_node node;
    struct json_t *status;   /* node.status, or NULL */
    struct json_t *networks; /* network.list, or NULL */
    struct json_t *vault;    /* vault.state, or NULL */
    unsigned authors_ahead;  /* others of whom messages are from later than now_s */
    unsigned arrived; /* messages of others that came since the node started and say their time */
    int64_t late_s;   /* the least time after which one came, by this machine's clock */
    int64_t ahead_s;  /* by so much, if there are several at least two of them */
};

/** How many checks there are. */
size_t doctor_count(void);

/** Make the `i`th check of `w`. */
void doctor_check(size_t i, const struct doctor_world *w, struct doctor_finding *out);

/** What a check found; for the files of checks. `brief` is static. */
void doctor_say(struct doctor_finding *f, enum doctor_state state, const char *brief,
                const char *format, ...) PRINTF_LIKE(4, 5);

/** And what is to be done. */
void doctor_next(struct doctor_finding *f, const char *format, ...) PRINTF_LIKE(2, 3);

typedef void doctor_function(const struct doctor_world *w, struct doctor_finding *f);

#endif
