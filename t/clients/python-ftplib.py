#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""python-ftplib.py [--without-reuse | --ccc] PLAN: works off a plan
(FTPS::Test::Clients) with Python's ftplib.

ftplib never resumes by itself: the subclass does.  In TLS 1.3 the session of
the control connection is asked for anew before each transfer, so that the
newest ticket is used.  With --without-reuse it stays as it is, and the reply to
a refused data connection is read and raised in place of the TLS error.  With
--ccc it stays as it is, too, and the control connection goes on in clear.

DIAGNOSTICS: the exception of the first transfer that fails.
"""

import ftplib
import os
import ssl
import sys


class ReusingFTP(ftplib.FTP_TLS):
    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            conn = self.context.wrap_socket(
                conn, server_hostname=self.host, session=self.sock.session)
        return conn, size


def work_off(ftp, name):
    with open(name, encoding="ascii") as plan:
        for line in plan:
            direction, source, target = line.split()
            if direction == "put":
                with open(source, "rb") as file:
                    ftp.storbinary("STOR " + target, file)
            else:
                with open(target, "wb") as file:
                    ftp.retrbinary("RETR " + source, file.write)


def main():
    args = sys.argv[1:]
    kind = ReusingFTP
    way = args.pop(0) if args[0].startswith("--") else ""
    if way:
        kind = ftplib.FTP_TLS
    env = os.environ
    context = ssl.create_default_context(cafile=env["FTPS_CA"])
    ftp = kind(context=context, timeout=10)
    ftp.connect(env["FTPS_HOST"], int(env["FTPS_PORT"]))
    ftp.login(env["FTPS_USER"], env["FTPS_PASSWORD"])
    ftp.prot_p()
    if way == "--ccc":
        ftp.ccc()
    try:
        work_off(ftp, args[0])
    except ssl.SSLError:
        ftp.getresp()
        raise
    ftp.quit()


main()
