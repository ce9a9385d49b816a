"""A program that is no worker of ours: floods standard error, leaves a grandchild that holds its pipes, or stays."""

import subprocess
import sys
import time

match sys.argv[1]:
    case "flood-stderr":
        for number in range(20_000):
            sys.stderr.write(f"warning {number}\n")
        sys.stdout.write('{"type":"ready"}\n')
    case "torrent":
        for number in range(200_000):
            sys.stdout.write(f"{number}\n")
    case "leave-grandchild":
        grandchild = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(30)"])
        sys.stdout.write(f"{grandchild.pid}\n")
    case "ignore-the-end":
        sys.stdout.write("here\n")
        sys.stdout.flush()
        time.sleep(60)
    case "torn-last-line":
        sys.stdout.write('whole\n{"type":"res')
