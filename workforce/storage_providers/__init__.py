"""Storages of customers, without Django: one protocol, one small module for each kind.

``protocol`` says what a session offers, ``sessions`` keeps open ones, ``keys`` and ``addresses`` say what may be asked
and where, ``faults`` what went wrong. The vendors' libraries are imported inside functions."""
