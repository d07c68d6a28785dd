divert(-1)
dnl
dnl masquerade_envelope - masquerade the sender of the envelope too.
dnl
define(`_MASQUERADE_ENVELOPE_', `1')
