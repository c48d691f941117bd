/*
 * The state of chat/rooms, for its parts: rooms.c (keys, entries, frontiers), rooms_out.c (what
 * leaves), rooms_repair.c (what is missing, who came in). Nobody else includes it.
 */
#ifndef CHAT_ROOMS_CORE_H
#define CHAT_ROOMS_CORE_H

#include "chat/repair.h"
#include "chat/rooms.h"
#include "chat/rooms_vain.h"
#include "crypto/signer_memo.h"

enum rooms_kind { ROOMS_ENTRY = 1, ROOMS_EPOCH = 2, ROOMS_FRONTIER = 3, ROOMS_MANY = 4 };

/* Something said that waits for the disk. */
struct rooms_bytes {
    struct list link;
    uint64_t number;           /* of the commit */
    uint8_t id[ENTRY_ID_SIZE]; /* of an entry */
    size_t len;
    uint8_t bytes[];
};

/* An entry that waits for its epoch, and what proves it. */
struct rooms_unread {
    struct list link;
    struct entry_proof_named by;
    uint8_t member[32]; /* whose device that is */
    uint64_t since_ns;  /* when it came */
    bool is_counted;    /* while it is looked for who has most */
    size_t len;
    uint8_t bytes[];
};

/* What is said, on its way out. */
struct rooms_out {
    struct list waiting; /* of struct rooms_bytes, in order */
    size_t bytes;
    struct timer again; /* the mesh had no room */
    uint8_t *space;     /* to put several together, behind their names */
    bool is_held;       /* the first that waits is on the disk, and the mesh had no room */
    bool is_flushing;
};

/* News of a history that waits for the disk. */
struct rooms_news {
    uint64_t number; /* of the commit */
    struct history_event event;
};

/* A neighbour. */
struct rooms_near {
    uint8_t device[32];
    uint64_t at;   /* when it is to be asked next */
    bool is_busy;  /* it is being asked */
    bool has_room; /* about this one alone */
    bool has_news; /* something came since we asked it last: that it asks is not enough */
    uint8_t room[32];
    struct repair_bare bare; /* contents that are missing here: how far it was asked for them */
    uint64_t bare_at;        /* when it is asked again */
    uint64_t bare_wait;      /* it gave none of them: then again after this */
    unsigned put_off;        /* times in a row that others were asked instead */
};

/* A device that came in, and of which nobody has said so. */
struct rooms_joined {
    uint8_t device[32];
    uint64_t at;  /* when it is to be said */
    bool is_ours; /* we let it in, or it has its keys from us */
};

/* Something that others have and we do not: entries wait for it, or a frontier says so. */
struct rooms_lack {
    uint64_t at;   /* when it is asked for; 0: nothing is lacked */
    uint64_t wait; /* then it is asked for again after this */
    uint8_t room[32];
    uint8_t author[32];
    uint64_t sequence; /* 0: what waits */
    uint8_t holder[32];
    uint8_t member[32]; /* who says so */
};

struct rooms_repair {
    struct rooms_near nears[ROOMS_NEAR_MAX];
    size_t near_count;
    struct rooms_joined joined[ROOMS_JOINED_MAX];
    size_t joined_count;
    struct rooms_lack waits;                  /* what entries wait for */
    struct rooms_lack lacks[ROOMS_LACKS_MAX]; /* what was said */
    struct timer timer;
    struct list talks;
    bool has_talked;     /* since the start: what others said meanwhile is here */
    uint64_t bare_count; /* history.bare_count, when it was looked at last */
};

struct rooms {
    struct rooms_config config; /* its signer is `signer` */
    struct signer signer;       /* what came by repair is not verified again as a broadcast */
    struct signer_memo memo;
    struct turn *turn;
    struct epochs *epochs;
    struct history history;
    struct store_watch watch;
    struct rooms_out out;
    struct ring news;   /* of struct rooms_news */
    uint64_t many_from; /* news were lost until this commit: 0, or its number */
    struct list waiting;
    size_t waiting_count;
    size_t waiting_bytes;
    struct rooms_vain vain;
    struct timer frontier;
    struct timer due;
    struct turn_job again; /* entries that waited are tried */
    uint8_t *plain;        /* room for one opened entry */
    bool is_cutting;       /* not all revocations are in the histories yet */
    struct rooms_repair repair;
};

/** Say it in that room, sealed and kept: rooms_say without its questions. */
WARN_UNUSED int rooms_say_content(struct rooms *r, const uint8_t room[32],
                                  const struct content *content, uint64_t expiry_s,
                                  uint8_t id[ENTRY_ID_SIZE]);

#endif
