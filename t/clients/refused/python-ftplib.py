#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
"""python-ftplib.py [--reuse]: Python's ftplib at a server that refuses its
transfers (t/72-refused.t).  It never resumes.  With --reuse data connections
offer the session of the control connection, as recipes on the web do.

The clients in this folder list, download, and upload a few bytes and the file
that FTPS_BIG names.  They print for each step what a person sees, and the reply
to the next command.  The rest of their environment is that of
FTPS::Test::Clients.
"""

import ftplib
import io
import os
import ssl
import sys


class Reusing(ftplib.FTP_TLS):
    """Offers the session that the control connection has now."""

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        conn = self.context.wrap_socket(conn, session=self.sock.session)
        return conn, size


env = os.environ
context = ssl.create_default_context(cafile=env["FTPS_CA"])
reuses = "--reuse" in sys.argv
ftp = (Reusing if reuses else ftplib.FTP_TLS)(context=context, timeout=10)
ftp.connect(env["FTPS_HOST"], int(env["FTPS_PORT"]))
context.check_hostname = False
ftp.login(env["FTPS_USER"], env["FTPS_PASSWORD"])
ftp.prot_p()
for name, step in (
    ("list", lambda: ftp.retrlines("LIST", lambda line: None)),
    ("get", lambda: ftp.retrbinary("RETR file", lambda block: None)),
    ("put", lambda: ftp.storbinary("STOR new", io.BytesIO(b"bytes"))),
    ("big", lambda: ftp.storbinary("STOR big", open(env["FTPS_BIG"], "rb"))),
):
    try:
        print(name, step())
    except Exception as error:
        print(name, type(error).__name__, str(error).replace("\n", " | "))
    print(name, "next", ftp.voidcmd("NOOP"))
ftp.quit()
