/*
 * The form of a saved state: numbers of its fields, and sizes of what has a fixed layout. Its own
 * business: only this device ever reads it.
 */
#ifndef GROUP_EPOCH_FORM_H
#define GROUP_EPOCH_FORM_H

#define EPOCH_FORM_NUMBER 1
#define EPOCH_FORM_PAIR_SIZE 65    /* what is there | in | out */
#define EPOCH_FORM_NAME_SIZE 41    /* id 32 | whose 8 | said only */
#define EPOCH_FORM_SKIPPED_SIZE 76 /* since 8 | generation 4 | key 32 | salt 32 */

enum epoch_form_field {
    EPOCH_FORM_FORMAT = 1,
    EPOCH_FORM_GROUP,
    EPOCH_FORM_SELF,
    EPOCH_FORM_TIME,
    EPOCH_FORM_SEQUENCE,
    EPOCH_FORM_ASK_NUMBER,
    EPOCH_FORM_DEVICE,
    EPOCH_FORM_VIEW,
    EPOCH_FORM_CURRENT,
    EPOCH_FORM_PAST,
    EPOCH_FORM_CHANGE,
    EPOCH_FORM_SET,
    EPOCH_FORM_LEAF,
    EPOCH_FORM_PENDING,
    EPOCH_FORM_ASK_KEY,
    EPOCH_FORM_STOPPED,
    EPOCH_FORM_ROOM,
    EPOCH_FORM_WAITING,
    EPOCH_FORM_OUT,
    EPOCH_FORM_TICKET
};

#endif
