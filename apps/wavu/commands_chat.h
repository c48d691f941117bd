/*
 * The commands for what people say to each other.
 */
#ifndef APPS_WAVU_COMMANDS_CHAT_H
#define APPS_WAVU_COMMANDS_CHAT_H

#include "apps/wavu/command.h"

/** In the order of the help; `*count` of them. */
const struct command *commands_chat(size_t *count);

#endif
