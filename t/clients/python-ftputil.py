#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
"""python-ftputil.py PLAN: works off a plan (FTPS::Test::Clients) with ftputil,
which stands on ftplib.  Its sessions resume because they are of a class that
does; ftputil opens a second control connection for the first transfer.

DIAGNOSTICS: the exception of the first transfer that fails; 77 for what there
is no way to do.
"""

import ftplib
import os
import ssl
import sys

import ftputil

CONTEXT = ssl.create_default_context(cafile=os.environ["FTPS_CA"])


class Session(ftplib.FTP_TLS):
    def __init__(self, host, port, user, password):
        super().__init__(context=CONTEXT, timeout=10)
        self.connect(host, port)
        self.login(user, password)
        self.prot_p()

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        conn = self.context.wrap_socket(
            conn, server_hostname=self.host, session=self.sock.session)
        return conn, size


def resume_put(host, source, target):
    done = host.path.getsize(target)
    with open(source, "rb") as local:
        local.seek(done)
        with host.open(target, "wb", rest=done) as remote:
            host.copyfileobj(local, remote)


def resume_get(host, source, target):
    with open(target, "ab") as local:
        with host.open(source, "rb", rest=local.tell()) as remote:
            host.copyfileobj(remote, local)


def work_off(host, plan):
    for word, source, target in plan:
        if word == "put":
            host.upload(source, target)
        elif word == "reput":
            resume_put(host, source, target)
        elif word == "get":
            host.download(source, target)
        elif word == "reget":
            resume_get(host, source, target)
        else:
            with open(target, "w", encoding="utf-8") as file:
                file.write("\n".join(host.listdir(source)))


def main():
    env = os.environ
    with open(sys.argv[1], encoding="ascii") as file:
        plan = [line.split() for line in file]
    if (env.get("FTPS_CCC") or env.get("FTPS_IMPLICIT")
            or any(word[0] not in ("put", "get", "reput", "reget", "list")
                   for word in plan)):
        sys.exit(77)
    if env.get("FTPS_CERT"):
        CONTEXT.load_cert_chain(env["FTPS_CERT"], env["FTPS_KEY"])
    with ftputil.FTPHost(env["FTPS_HOST"], int(env["FTPS_PORT"]),
                         env["FTPS_USER"], env["FTPS_PASSWORD"],
                         session_factory=Session) as host:
        work_off(host, plan)


main()
