/*
 * What may stand next on a command line: for the shells' completion, which asks with
 * `wavu complete -- WORDS...` at each Tab. All of it comes from the tables of commands, and names
 * from the running node.
 */
#ifndef APPS_WAVU_COMPLETE_H
#define APPS_WAVU_COMPLETE_H

#include "apps/wavu/command.h"

#define COMPLETE_ASK_MS 300    /* for names from the running node: Tab is not to hang */
#define COMPLETE_NAMES_MAX 500 /* names that are offered */

/**
 * Print what may stand in place of the last of `count` words (behind "--"), which is as much of it
 * as is typed: a candidate a line, behind it a tab and half a line about it. A line ":file" or
 * ":dir" stands for the shell's own files or folders. Silent where there is nothing to offer.
 * Returns the exit code, always 0.
 */
int complete_print(int count, char *const *words);

#endif
