/*
 * Points of time as Kademlia's records write them: RFC 3339, in ASCII. A codec.
 */
#ifndef DISCOVERY_KAD_TIME_H
#define DISCOVERY_KAD_TIME_H

#include "base/span.h"
#include "wavu/err.h"

#define KAD_TIME_TEXT_MAX 64    /* characters that are looked at; nanoseconds and a zone take 35 */
#define KAD_TIME_FORMAT_SIZE 25 /* "2026-11-23T01:02:03.004Z" with NUL */
#define KAD_TIME_MS_MAX UINT64_C(253402300799999) /* the last of the year 9999 */

/** Milliseconds since 1970, UTC; what is finer is cut off. WAVU_ERR_PROTO: it is none of the years
 * 1970 to 9999. */
WARN_UNUSED int kad_time_parse(struct span text, uint64_t *unix_ms);

/** What is beyond KAD_TIME_MS_MAX is written as that. */
void kad_time_format(char out[KAD_TIME_FORMAT_SIZE], uint64_t unix_ms);

#endif
