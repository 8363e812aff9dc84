#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""python-refused.py: Python's ftplib as it is, which never resumes, at a server
that demands it.

DIAGNOSTICS: one line for each step: what a person sees, or the exception.
"""

import ftplib
import io
import os
import ssl

env = os.environ
context = ssl.create_default_context(cafile=env["FTPS_CA"])
if env["FTPS_VERSION"] == "1.2":
    context.maximum_version = ssl.TLSVersion.TLSv1_2
ftp = ftplib.FTP_TLS(context=context, timeout=10)
ftp.connect("127.0.0.1", int(env["FTPS_PORT"]))
context.check_hostname = False
ftp.login("proftpd", "test")
ftp.prot_p()
for name, step in (
    ("list", lambda: ftp.retrlines("LIST")),
    ("get", lambda: ftp.retrbinary("RETR file", lambda block: None)),
    ("put", lambda: ftp.storbinary("STOR new", io.BytesIO(b"bytes"))),
):
    try:
        step()
        print(name, "done")
    except Exception as error:
        print(name, type(error).__name__, str(error).replace("\n", " | "))
    print("next", ftp.voidcmd("NOOP"))
ftp.quit()
