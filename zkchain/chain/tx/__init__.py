"""Transactions that land exactly once: a journal for each chain and account, and what keeps chain and journal in step.

`entry` says what a transaction may be, `journal` keeps it, `ledger` changes it, `broadcast` sends it, `watch` follows
it, and `manager` is what the rest of zkchain calls.
"""
