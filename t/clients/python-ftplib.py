#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
"""python-ftplib.py [--without-reuse] PLAN: works off a plan
(FTPS::Test::Clients) with Python's ftplib.

ftplib never resumes by itself and knows no implicit TLS: the subclass does
both.  In TLS 1.3 the session of the control connection is asked for anew before
each transfer, so that the newest ticket is used.  With --without-reuse ftplib
stays as it is, and the reply to a refused data connection is read and raised in
place of the TLS error.  With CCC it stays as it is, too.

DIAGNOSTICS: the exception of the first transfer that fails; 77 for words that
there are none for.
"""

import ftplib
import os
import ssl
import sys


class ReusingFTP(ftplib.FTP_TLS):
    """Data connections resume; with implicit TLS as well."""

    implicit = False

    def connect(self, *args, **words):
        if not self.implicit:
            return super().connect(*args, **words)
        self._prot_p = True
        reply = self.getresp
        self.getresp = lambda: None  # the greeting comes inside TLS
        super().connect(*args, **words)
        self.getresp = reply
        self.sock = self.context.wrap_socket(
            self.sock, server_hostname=self.host)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            conn = self.context.wrap_socket(
                conn, server_hostname=self.host, session=self.sock.session)
        return conn, size


def put(ftp, source, target, rest):
    with open(source, "rb") as file:
        file.seek(rest or 0)
        ftp.storbinary("STOR " + target, file, rest=rest)


def get(ftp, source, target, rest):
    with open(target, "ab" if rest else "wb") as file:
        ftp.retrbinary("RETR " + source, file.write, rest=rest)


def work_off(ftp, plan):
    for word, source, target in plan:
        if word == "put":
            put(ftp, source, target, None)
        elif word == "reput":
            ftp.voidcmd("TYPE I")
            put(ftp, source, target, ftp.size(target))
        elif word == "get":
            get(ftp, source, target, None)
        elif word == "reget":
            get(ftp, source, target, os.path.getsize(target))
        else:
            with open(target, "w", encoding="utf-8") as file:
                file.write("\n".join(ftp.nlst(source)))


def read_plan(name):
    with open(name, encoding="ascii") as plan:
        words = [line.split() for line in plan]
    if any(word[0] not in ("put", "get", "reput", "reget", "list")
            for word in words):
        sys.exit(77)
    return words


def main():
    args = sys.argv[1:]
    env = os.environ
    kind = ReusingFTP
    if args[0] == "--without-reuse" or env.get("FTPS_CCC"):
        kind = ftplib.FTP_TLS
    is_implicit = bool(env.get("FTPS_IMPLICIT"))
    plan = read_plan(args[-1])
    if is_implicit and kind is ftplib.FTP_TLS:
        sys.exit(77)
    context = ssl.create_default_context(cafile=env["FTPS_CA"])
    if env.get("FTPS_CERT"):
        context.load_cert_chain(env["FTPS_CERT"], env["FTPS_KEY"])
    ftp = kind(context=context, timeout=10)
    ftp.implicit = is_implicit
    ftp.connect(env["FTPS_HOST"], int(env["FTPS_PORT"]))
    ftp.login(env["FTPS_USER"], env["FTPS_PASSWORD"], secure=not is_implicit)
    ftp.prot_p()
    if env.get("FTPS_CCC"):
        ftp.ccc()
    try:
        work_off(ftp, plan)
    except ssl.SSLError:
        ftp.getresp()
        raise
    ftp.quit()


main()
