"""What must be true before a gate opens: the shipped lists, and the machine checks that answer them."""
