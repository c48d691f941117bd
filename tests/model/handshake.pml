/*
 * Who ends up talking to whom, under which handshake: docs/protocol/hybrid.md and noise.md.
 *
 * Two honest parties, A and B, each with one dialled and one accepted connection; and a third, who
 * carries every message, may change, swallow and invent them, opens connections in his own name, and
 * decides what multistream-select seems to say. Cryptography is perfect but for what a variant breaks:
 * a sealed part says which transcript it was sealed for, and he makes one only for a transcript all of
 * whose secrets he has. The pattern (e, e1 / e, ee, ekem1, s, es / s, se), the proof that binds an
 * identity to a static key, the list of protocols and the check of the peer that was dialled are what
 * the code does.
 *
 * Claims, asserted where a connection opens:
 *   authentication  the named peer has a connection of the other role, with this same transcript; who
 *                   accepted is sure, besides, that the dialler meant him
 *   secrecy         the third does not have the keys; nor will he, if the peers speak the hybrid, when
 *                   X25519 is broken one day and ML-KEM is not
 *   downgrade       two that speak the hybrid have opened on it
 *
 * holds: handshake
 * holds: a foreign node accepts -DFOREIGN
 * holds: ML-KEM is broken, X25519 is not -DKEM_BROKEN -DNOT_LATER
 * fails: nothing opens on the hybrid -DREACH_HYBRID
 * fails: nothing opens with a foreign node -DFOREIGN -DREACH_CLASSIC
 * fails: nobody opens with the third -DREACH_THIRD
 * fails: nobody reads the list -DNO_LIST
 * fails: only the listener reads the list -DNO_LIST_DIALLER
 * fails: the list is not sealed -DLIST_OPEN
 * fails: message 2 without es -DNO_ES
 * fails: message 3 without se -DNO_SE
 * fails: the proof does not bind the static key -DNO_PROOF
 * fails: the classic handshake alone, X25519 broken one day -DNO_HYBRID
 * fails: X25519 is broken while they shake hands -DX25519_BROKEN
 */

/* Sessions. Values that a session made bear its number; the third's bear THIRD. */
#define A_DIALS 0
#define B_DIALS 1
#define A_ACCEPTS 2
#define B_ACCEPTS 3
#define THIRD 4
#define NONE 5

/* Identities and static keys: session % 2, and the third's. */
#define ID(s) ((s) % 2)
#define THIRD_ID 2
#define HONEST(id) ((id) < 2)

#define CLASSIC 1
#define HYBRID 2

#ifdef X25519_BROKEN
#define BROKEN 1
#else
#define BROKEN 0
#endif
#ifdef KEM_BROKEN
#define HAS_KEM 1
#else
#define HAS_KEM 0
#endif

/* Who speaks the hybrid. */
#if defined(NO_HYBRID)
#define SPEAKS(s) 0
#elif defined(FOREIGN)
#define SPEAKS(s) ((s) != B_ACCEPTS)
#else
#define SPEAKS(s) 1
#endif

mtype = { START, SPOKE, OPEN, CLOSED };

mtype state[4] = START;
byte proto[4];
byte e_dialler[4] = NONE;   /* e of message 1, as that session saw it */
byte kem_key[4] = NONE;     /* e1 */
byte e_listener[4] = NONE;  /* e of message 2 */
byte kem_text[4] = NONE;    /* who made ekem1's ciphertext, for kem_key */
byte peer[4] = NONE;        /* the identity that was proved */
byte wish[4] = NONE;        /* a dialler's: whom he means */

/* Everything that both hash, at the end of message 2. */
#define SAME_TRANSCRIPT(i, r)                                                                      \
    (proto[i] == proto[r] && e_dialler[i] == e_dialler[r] && kem_key[i] == kem_key[r] &&           \
     e_listener[i] == e_listener[r] && kem_text[i] == kem_text[r])

/* Which secrets of a session's transcript the third has. */
#define HAS_EE(s) (BROKEN || e_dialler[s] == THIRD || e_listener[s] == THIRD)
#define HAS_EKEM(s) (proto[s] == CLASSIC || HAS_KEM || kem_key[s] == THIRD || kem_text[s] == THIRD)

/* The list inside the payload: what the sender really speaks, unless the third wrote it. */
#define CHECK_LIST(s, lists_hybrid, accept)                                                        \
    if                                                                                             \
    :: (accept && SPEAKS(s) && proto[s] == CLASSIC && lists_hybrid) -> state[s] = CLOSED           \
    :: else -> skip                                                                                \
    fi

#if defined(NO_LIST) || defined(NO_LIST_DIALLER)
#define DIALLER_LOOKS 0
#else
#define DIALLER_LOOKS 1
#endif
#ifdef NO_LIST
#define LISTENER_LOOKS 0
#else
#define LISTENER_LOOKS 1
#endif

/* The claims, when session s has opened with an honest peer that should be session t. */
#define CLAIM(s, t, t_is_there)                                                                    \
    assert(t_is_there && SAME_TRANSCRIPT(s, t));                                                   \
    assert(!(HAS_EE(s) && HAS_EKEM(s)));                                                           \
    assert(!(SPEAKS(s) && SPEAKS(t)) || proto[s] == HYBRID);                                       \
    LATER(s, t)

/* X25519 is broken one day: what is left is ekem1. */
#ifdef NOT_LATER
#define LATER(s, t) skip
#elif defined(NO_HYBRID)
#define LATER(s, t) assert(!HAS_EKEM(s))
#else
#define LATER(s, t) assert(!(SPEAKS(s) && SPEAKS(t)) || !HAS_EKEM(s))
#endif

byte who;       /* scratch of the atomic steps below */
byte key_of;    /* static key that a message of the third shows */
bool lists;     /* whether its list names the hybrid */

/* The third makes a sealed message for session s: with which static key, identity and list? He has the
 * key's secret when it is his own; a proof of his own identity over any key, and every proof that an
 * honest one ever gave, which is for the giver's own key. */
inline third_says(s, is_proof_needed)
{
    if
    :: key_of = THIRD_ID
    :: (BROKEN || !is_proof_needed) -> key_of = 0
    :: (BROKEN || !is_proof_needed) -> key_of = 1
    fi;
    if
    :: peer[s] = THIRD_ID
    :: HONEST(key_of) -> peer[s] = key_of
#ifdef NO_PROOF
    :: peer[s] = 0
    :: peer[s] = 1
#endif
    fi;
    if
    :: lists = true
    :: lists = false
    fi
}

#ifdef NO_ES
#define ES_PROVES 0
#else
#define ES_PROVES 1
#endif
#ifdef NO_SE
#define SE_PROVES 0
#else
#define SE_PROVES 1
#endif

/* An honest sender's list arrives as he wrote it; where it is not sealed, as the third likes. */
inline honest_says(s, t)
{
    peer[s] = ID(t);
    lists = SPEAKS(t);
#ifdef LIST_OPEN
    if
    :: lists = false
    :: skip
    fi
#endif
}

proctype dialler(byte s)
{
    atomic { /* message 1, on whatever the peer seems to speak */
        if
        :: wish[s] = 1 - ID(s)
        :: wish[s] = THIRD_ID
        fi;
        if
        :: SPEAKS(s) -> proto[s] = HYBRID; kem_key[s] = s
        :: proto[s] = CLASSIC
        fi;
        e_dialler[s] = s;
        state[s] = SPOKE
    }
    atomic { /* message 2 comes; message 3 leaves when it is good */
        if
        :: (state[A_ACCEPTS] != START && proto[A_ACCEPTS] == proto[s] &&
            e_dialler[A_ACCEPTS] == s && kem_key[A_ACCEPTS] == kem_key[s]) -> who = A_ACCEPTS
        :: (state[B_ACCEPTS] != START && proto[B_ACCEPTS] == proto[s] &&
            e_dialler[B_ACCEPTS] == s && kem_key[B_ACCEPTS] == kem_key[s]) -> who = B_ACCEPTS
        :: who = THIRD
        fi;
        e_listener[s] = who;
        if
        :: proto[s] == HYBRID -> kem_text[s] = who
        :: else -> skip
        fi;
        if
        :: who == THIRD -> third_says(s, ES_PROVES)
        :: else -> honest_says(s, who)
        fi;
        if
        :: peer[s] != wish[s] -> state[s] = CLOSED
        :: else -> CHECK_LIST(s, lists, DIALLER_LOOKS)
        fi;
        if
        :: state[s] == SPOKE -> state[s] = OPEN
        :: else -> skip
        fi;
        if
        :: state[s] == OPEN && peer[s] == ID(A_ACCEPTS) ->
            CLAIM(s, A_ACCEPTS, state[A_ACCEPTS] != START)
        :: state[s] == OPEN && peer[s] == ID(B_ACCEPTS) ->
            CLAIM(s, B_ACCEPTS, state[B_ACCEPTS] != START)
        :: else -> skip
        fi;
        who = 0; key_of = 0; lists = false
    }
}

proctype listener(byte s)
{
    atomic { /* message 1 comes, in clear: any mixture of what has been sent; message 2 leaves */
        if
        :: SPEAKS(s) -> proto[s] = HYBRID
        :: proto[s] = CLASSIC
        fi;
        if
        :: e_dialler[s] = THIRD
        :: state[A_DIALS] != START -> e_dialler[s] = A_DIALS
        :: state[B_DIALS] != START -> e_dialler[s] = B_DIALS
        fi;
        if
        :: proto[s] == CLASSIC -> skip
        :: proto[s] == HYBRID -> kem_key[s] = THIRD
        :: proto[s] == HYBRID && kem_key[A_DIALS] == A_DIALS -> kem_key[s] = A_DIALS
        :: proto[s] == HYBRID && kem_key[B_DIALS] == B_DIALS -> kem_key[s] = B_DIALS
        fi;
        e_listener[s] = s;
        if
        :: proto[s] == HYBRID -> kem_text[s] = s
        :: else -> skip
        fi;
        state[s] = SPOKE
    }
    atomic { /* message 3 comes, or never does */
        if
        :: (state[A_DIALS] == OPEN && SAME_TRANSCRIPT(A_DIALS, s)) -> who = A_DIALS
        :: (state[B_DIALS] == OPEN && SAME_TRANSCRIPT(B_DIALS, s)) -> who = B_DIALS
        :: (HAS_EE(s) && HAS_EKEM(s) && (BROKEN || e_dialler[s] == THIRD)) -> who = THIRD
        :: who = NONE
        fi;
        if
        :: who == THIRD -> third_says(s, SE_PROVES)
        :: who == NONE -> state[s] = CLOSED
        :: else -> honest_says(s, who)
        fi;
        if
        :: who != NONE -> CHECK_LIST(s, lists, LISTENER_LOOKS)
        :: else -> skip
        fi;
        if
        :: state[s] == SPOKE -> state[s] = OPEN
        :: else -> skip
        fi;
        if
        :: state[s] == OPEN && peer[s] == ID(A_DIALS) ->
            CLAIM(s, A_DIALS, state[A_DIALS] == OPEN && wish[A_DIALS] == ID(s))
        :: state[s] == OPEN && peer[s] == ID(B_DIALS) ->
            CLAIM(s, B_DIALS, state[B_DIALS] == OPEN && wish[B_DIALS] == ID(s))
        :: else -> skip
        fi;
#ifdef REACH_HYBRID
        assert(!(state[s] == OPEN && HONEST(peer[s]) && proto[s] == HYBRID));
#endif
#ifdef REACH_CLASSIC
        assert(!(state[s] == OPEN && HONEST(peer[s]) && proto[s] == CLASSIC));
#endif
#ifdef REACH_THIRD
        assert(!(state[s] == OPEN && peer[s] == THIRD_ID && proto[s] == HYBRID));
#endif
        who = 0; key_of = 0; lists = false
    }
}

init
{
    atomic {
        run dialler(A_DIALS);
        run dialler(B_DIALS);
        run listener(A_ACCEPTS);
        run listener(B_ACCEPTS)
    }
}
