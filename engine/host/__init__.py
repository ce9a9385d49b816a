"""This machine: disk space, what the file system can do, the thread limits that workers get, who we are."""
