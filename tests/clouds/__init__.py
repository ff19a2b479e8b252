"""Doubles of the vendors' services, in threads on 127.0.0.1, and the tests of every kind of storage against them."""
