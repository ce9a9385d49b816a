"""Signatures: an operator's own SSH key or agent signs, ``ssh-keygen`` verifies, a signers file says who may do what.

The role is the namespace of the signature (``operator@gonogo``), so that ``allowed_signers`` alone says, in OpenSSH's
own words, who may sign in which role, and a signature given in one role never counts in another.
"""
