/*
 * Commands about files, calls for help and the node: rows of the table in talk_words.c, each a
 * talk_words_run.
 */
#ifndef APPS_TALK_TALK_WORDS_NODE_H
#define APPS_TALK_TALK_WORDS_NODE_H

#include "apps/talk/talk_words_core.h"

int talk_words_node_file(struct talk_words_call *call);
int talk_words_node_accept(struct talk_words_call *call);
int talk_words_node_sos(struct talk_words_call *call);
int talk_words_node_status(struct talk_words_call *call);
int talk_words_node_peers(struct talk_words_call *call);
int talk_words_node_topology(struct talk_words_call *call);
int talk_words_node_export(struct talk_words_call *call);
int talk_words_node_import(struct talk_words_call *call);
int talk_words_node_config(struct talk_words_call *call);

#endif
