"""Rows, people, rules and gold told apart: who or what is to blame where answers differ, and the evidence.

`told_apart.tell_apart` is the way in; `docs/measures.md` says what each finding means and in which order they are
looked for.
"""
