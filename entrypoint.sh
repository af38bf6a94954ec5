#!/bin/sh
# exec: Python is the process that signals reach. -I: neither PYTHON* variables nor the working directory get in its way.
exec /usr/bin/python3 -IBm job "$@"
