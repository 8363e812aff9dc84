#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""python-pycurl.py PLAN: works off a plan (FTPS::Test::Clients) with
Debian's pycurl, which stands on libcurl with GnuTLS.

DIAGNOSTICS: the exception of the first transfer that fails.
"""

import os
import sys

import pycurl

# Versions 7.87 to 8.6 of curl sleep that long per transfer (200 ms).
HAPPY_EYEBALLS_TIMEOUT_MS = 271


def main():
    env = os.environ
    curl = pycurl.Curl()
    url = "ftp://%s:%s/" % (env["FTPS_HOST"], env["FTPS_PORT"])
    curl.setopt(pycurl.USE_SSL, pycurl.USESSL_ALL)
    curl.setopt(pycurl.CAINFO, env["FTPS_CA"])
    curl.setopt(pycurl.USERNAME, env["FTPS_USER"])
    curl.setopt(pycurl.PASSWORD, env["FTPS_PASSWORD"])
    curl.setopt(HAPPY_EYEBALLS_TIMEOUT_MS, 20)
    with open(sys.argv[1], encoding="ascii") as plan:
        for line in plan:
            direction, source, target = line.split()
            is_put = direction == "put"
            curl.setopt(pycurl.UPLOAD, is_put)
            curl.setopt(pycurl.URL, url + (target if is_put else source))
            if is_put:
                with open(source, "rb") as file:
                    curl.setopt(pycurl.READDATA, file)
                    curl.setopt(pycurl.INFILESIZE, os.path.getsize(source))
                    curl.perform()
            else:
                with open(target, "wb") as file:
                    curl.setopt(pycurl.WRITEDATA, file)
                    curl.perform()
    curl.close()


main()
