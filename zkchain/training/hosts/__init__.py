"""A federation across hosts: who is who by certificate, and the board through which its members meet."""
