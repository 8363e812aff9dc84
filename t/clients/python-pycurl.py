#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
"""python-pycurl.py PLAN: works off a plan (FTPS::Test::Clients) with
Debian's pycurl, which stands on libcurl with GnuTLS.

DIAGNOSTICS: the exception of the first transfer that fails; 77 for words that
there are none for.
"""

import os
import sys

import pycurl

# Versions 7.87 to 8.6 of curl sleep that long per transfer (200 ms).
HAPPY_EYEBALLS_TIMEOUT_MS = 271
FTPSSL_CCC_PASSIVE = 1


def put(curl, url, source, target, rest):
    with open(source, "rb") as file:
        curl.setopt(pycurl.URL, url + target)
        curl.setopt(pycurl.UPLOAD, True)
        curl.setopt(pycurl.RESUME_FROM, rest)
        curl.setopt(pycurl.READDATA, file)
        # Without it libcurl sends the file from its beginning.
        curl.setopt(pycurl.SEEKFUNCTION, lambda offset, origin:
                    file.seek(offset, origin) and None)
        curl.setopt(pycurl.INFILESIZE, os.path.getsize(source))
        curl.perform()


def get(curl, url, source, target, rest):
    with open(target, "ab" if rest else "wb") as file:
        curl.setopt(pycurl.URL, url + source)
        curl.setopt(pycurl.UPLOAD, False)
        curl.setopt(pycurl.RESUME_FROM, rest)
        curl.setopt(pycurl.WRITEDATA, file)
        curl.perform()


def work_off(curl, url, plan):
    for word, source, target in plan:
        curl.setopt(pycurl.DIRLISTONLY, word == "list")
        if word == "put":
            put(curl, url, source, target, 0)
        elif word == "reput":
            put(curl, url, source, target, -1)
        elif word == "get":
            get(curl, url, source, target, 0)
        elif word == "reget":
            get(curl, url, source, target, os.path.getsize(target))
        else:
            get(curl, url, "", target, 0)


def read_plan(name):
    with open(name, encoding="ascii") as plan:
        words = [line.split() for line in plan]
    if any(word[0] not in ("put", "get", "reput", "reget", "list")
            for word in words):
        sys.exit(77)
    return words


def main():
    env = os.environ
    plan = read_plan(sys.argv[1])
    curl = pycurl.Curl()
    scheme = "ftps" if env.get("FTPS_IMPLICIT") else "ftp"
    url = "%s://%s:%s/" % (scheme, env["FTPS_HOST"], env["FTPS_PORT"])
    curl.setopt(pycurl.USE_SSL, pycurl.USESSL_ALL)
    curl.setopt(pycurl.CAINFO, env["FTPS_CA"])
    curl.setopt(pycurl.USERNAME, env["FTPS_USER"])
    curl.setopt(pycurl.PASSWORD, env["FTPS_PASSWORD"])
    curl.setopt(HAPPY_EYEBALLS_TIMEOUT_MS, 20)
    if env.get("FTPS_CERT"):
        curl.setopt(pycurl.SSLCERT, env["FTPS_CERT"])
        curl.setopt(pycurl.SSLKEY, env["FTPS_KEY"])
    if env.get("FTPS_CCC"):
        curl.setopt(pycurl.FTP_SSL_CCC, FTPSSL_CCC_PASSIVE)
    work_off(curl, url, plan)
    curl.close()


main()
