/*
 * What happened in the mesh and its networks, kept for a while: the newest FEED_EVENTS_MAX events,
 * numbered, for clients that ask for what is new since a number.
 */
#ifndef APPS_RPC_FEED_H
#define APPS_RPC_FEED_H

#include <stdint.h>

#include "wavu/chat.h"
#include "wavu/contacts.h"
#include "wavu/files.h"
#include "wavu/members.h"
#include "wavu/direct.h"
#include "wavu/mesh.h"
#include "wavu/sos.h"
#include "wavu/topics.h"

#define FEED_EVENTS_MAX 1024 /* older ones go; about 300 bytes each, broadcasts more: */
#define FEED_BYTES_MAX (1024u * 1024u)

struct json_t;

struct feed {
    struct json_t *events[FEED_EVENTS_MAX]; /* owned; ring by number */
    uint64_t first;                         /* number of the oldest that is kept */
    uint64_t next;                          /* number of the next; from 1 */
    size_t bytes;                           /* of payloads that are kept */
};

void feed_init(struct feed *f);
void feed_clear(struct feed *f);

/** Keep an event that came at `unix_ms`, as this machine's clock has it. */
void feed_add(struct feed *f, const struct wavu_mesh_event *event, uint64_t unix_ms);

/** The same for an event of networks and their members. */
void feed_add_members(struct feed *f, const struct wavu_members_event *event, uint64_t unix_ms);

/** The same for a person's key that was followed by another. */
void feed_add_contacts(struct feed *f, const struct wavu_contacts_event *event, uint64_t unix_ms);

/** The same for an event of rooms; that one may say something, or not, is none of the feed's. */
void feed_add_chat(struct feed *f, const struct wavu_chat_event *event, uint64_t unix_ms);

/** The same for an event of files. */
void feed_add_files(struct feed *f, const struct wavu_files_event *event, uint64_t unix_ms);

/** The same for an event of direct chats. */
void feed_add_direct(struct feed *f, const struct wavu_direct_event *event, uint64_t unix_ms);

/** One call for help as clients see it, the caller's. */
WARN_UNUSED struct json_t *feed_sos(const struct wavu_sos_one *one);

/** The same for calls for help. */
void feed_add_sos(struct feed *f, const struct wavu_sos_event *event, uint64_t unix_ms);

/** The same for a message of a topic; of its data as much as a broadcast may have. */
void feed_add_topic(struct feed *f, const struct wavu_topic_message *message, uint64_t unix_ms);

/** {"events": [...], "next": N, "lost": how many after `after` are kept no more}; at most 256 of
 * them, so that the rest is asked for next. The caller's. */
WARN_UNUSED struct json_t *feed_since(const struct feed *f, uint64_t after);

#endif
