"""The console in a browser: one process of it for each tab, and a server that decides who may come in."""
