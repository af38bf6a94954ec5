"""The tables of tools/image_contents.py: what is in the job's image and what is not, each with its reason."""

import sys
from pathlib import Path

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
STANDARD_LIBRARY = Path("/usr/lib", PYTHON)
SITE = Path("/usr/local/lib", PYTHON, "dist-packages")
"""Where Debian's Python looks for packages that aren't Debian's, also when it is isolated."""

AWS_SERVICES = {
    "stepfunctions": "what the job calls",
    "sts": "roles: SFN_ROLE_ARN, a profile's role_arn, web identity; and who we are, for --check",
    "sso": "a profile of IAM Identity Center: sso_account_id, sso_role_name",
    "sso-oidc": "renews the token of such a profile: sso_session",
}
"""The services whose clients the job or botocore's credential providers make (credentials.py, tokens.py).

The one other is `signin`, for a profile with login_session: that needs awscrt, without which botocore refuses it before
it looks for the service. Container, web identity and instance credentials come over plain HTTP, with no service model.
"""

AWS_COMMON = {
    "_retry.json": "which answers are tried again",
    "endpoints.json": "regions, partitions, and host names where no rule set says otherwise",
    "partitions.json": "the partitions for the rule sets",
    "sdk-default-configuration.json": "AWS_DEFAULTS_MODE",
}

PACKAGES_LEFT_OUT = {
    "bin": "command lines of libraries",
    "*.dist-info/RECORD": "a list of files that wouldn't be true any more",
    "*.dist-info/sboms": "of what is compiled into a wheel, and these are all pure Python",
    "*.pyi": "for type checkers",
    "py.typed": "for type checkers",
    "boto3/data": "boto3's resources; the job uses clients",
    "boto3/examples": "documentation",
    "botocore/cacert.pem": "replaced by a link to Debian's, which security updates reach, and users can mount over",
    "dateutil/zoneinfo/*.tar.gz": "time zones a second time: tzdata has them",
    "markdown_it": "rich's Markdown; the job shows one line and a spinner",
    "markdown_it_py-*.dist-info": "the same",
    "mdurl": "the same",
    "mdurl-*.dist-info": "the same",
    "pygments": "rich's colours for source code",
    "pygments-*.dist-info": "the same",
    "urllib3/contrib/emscripten/*.js": "for browsers",
}

STANDARD_LIBRARY_LEFT_OUT = {
    "__pycache__": "compiled anew, see compile_all",
    "LICENSE.txt": "a link to the copyright file, which is there",
    "sitecustomize.py": "a link to Debian's hook for crash reports",
    "EXTERNALLY-MANAGED": "for pip",
    "config-*": "for linking C programs with Python",
    "__phello__": "test of frozen modules",
    "test": "the tests' own support",
    "unittest": "tests; and doctest, which needs it",
    "doctest.py": "tests",
    "lib-dynload/_test*": "tests",
    "lib-dynload/_ctypes_test*": "tests",
    "lib-dynload/_xxtestfuzz*": "tests",
    "lib-dynload/xx*": "examples for writers of extensions",
    "idlelib": "graphics",
    "lib2to3": "gone in newer versions",
    "tkinter": "graphics",
    "turtle*": "graphics",
    "ensurepip": "installs pip",
    "venv": "makes virtual environments",
    "pydoc*": "shows documentation",
    "_pyrepl": "the interactive prompt",
    "rlcompleter.py": "the interactive prompt",
    "pdb.py": "the debugger",
    "lib-dynload/readline*": "the interactive prompt",
    "curses": "terminals; with it go libncursesw and the terminal descriptions",
    "lib-dynload/_curses*": "terminals",
    "dbm": "databases",
    "lib-dynload/_dbm*": "databases; with it goes libdb",
    "lib-dynload/_gdbm*": "databases",
    "sqlite3": "databases",
    "lib-dynload/_sqlite3*": "databases; with it goes libsqlite3, 1.5 MB",
    "xmlrpc": "a protocol that nobody here speaks",
    "wsgiref": "a web server",
    "mailbox.py": "mail",
    "imaplib.py": "mail",
    "poplib.py": "mail",
    "smtplib.py": "mail",
    "ftplib.py": "FTP",
    "lib-dynload/_codecs_*": "encodings of East Asia: nothing that comes in names its encoding, all of it is UTF-8",
    "lib-dynload/_multibytecodec*": "the same",
    "encodings/big5*.py": "the same",
    "encodings/cp932.py": "the same",
    "encodings/cp949.py": "the same",
    "encodings/cp950.py": "the same",
    "encodings/euc_*.py": "the same",
    "encodings/gb*.py": "the same",
    "encodings/hz.py": "the same",
    "encodings/iso2022_*.py": "the same",
    "encodings/johab.py": "the same",
    "encodings/shift_jis*.py": "the same",
    "pickletools.py": "for looking at pickles",
    "profile.py": "profiling",
    "cProfile.py": "profiling",
    "pstats.py": "profiling",
    "lib-dynload/_lsprof*": "profiling",
    "trace.py": "profiling",
}
"""What neither the packages nor the job can import, however late. With it go the libraries that only it needs."""

OPENED_AT_RUN_TIME = {
    "libgcc_s.so.1": "glibc ends threads with it: without it a daemon thread at Python's exit is an abort",
}
"""Libraries that ldd doesn't see. glibc's name services aren't among them: files and dns are in libc itself."""

DEBIAN_FILES = {
    "/usr/bin/dash": "the entrypoint's shell",
    "/usr/bin/sh": "the entrypoint's shell",
    f"/usr/bin/{PYTHON}": "the interpreter",
    "/usr/bin/python3": "the interpreter",
    "/etc/ssl/certs/ca-certificates.crt": "who is trusted; mount your own over it, and everything here uses that",
    "/usr/lib/ssl/cert.pem": "where OpenSSL looks for it",
    "/usr/lib/ssl/openssl.cnf": "Debian's rules for TLS",
    "/etc/ssl/openssl.cnf": "Debian's rules for TLS",
    "/etc/nsswitch.conf": "without it glibc asks DNS before /etc/hosts",
    "/etc/debian_version": "for scanners",
    "/etc/os-release": "for scanners",
    "/usr/lib/os-release": "for scanners",
    "/usr/share/zoneinfo": "TZ: the result has dates in the container's time zone (0.2 MB of the compressed image)",
}

USERS = """\
root:x:0:0:root:/root:/usr/sbin/nologin
job:x:65532:65532:job:/home/job:/usr/sbin/nologin
"""
GROUPS = "root:x:0:\njob:x:65532:\n"
