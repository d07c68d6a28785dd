/*
 * local - role local: becoming one user, to deliver a message or to read a list.
 */
