#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
"""python-pycurl.py: Debian's pycurl, which stands on libcurl with GnuTLS, as
python-ftplib.py.  It is told to reuse no session.  libcurl shows replies of the
server to whoever reads its headers, as `curl -v` does.
"""

import io
import os

import pycurl

HAPPY_EYEBALLS_TIMEOUT_MS = 271

env = os.environ
url = "ftp://%s:%s/" % (env["FTPS_HOST"], env["FTPS_PORT"])
curl = pycurl.Curl()
curl.setopt(pycurl.USE_SSL, pycurl.USESSL_ALL)
curl.setopt(pycurl.CAINFO, env["FTPS_CA"])
curl.setopt(pycurl.USERNAME, env["FTPS_USER"])
curl.setopt(pycurl.PASSWORD, env["FTPS_PASSWORD"])
curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
curl.setopt(HAPPY_EYEBALLS_TIMEOUT_MS, 20)
curl.setopt(pycurl.WRITEFUNCTION, lambda data: None)
print(pycurl.version_info()[5])


def step(name, target, source):
    replies = []
    curl.setopt(pycurl.URL, url + target)
    curl.setopt(pycurl.UPLOAD, source is not None)
    if source is not None:
        curl.setopt(pycurl.READFUNCTION, source.read)
    curl.setopt(pycurl.HEADERFUNCTION, lambda line: replies.append(
        line.decode().rstrip()))
    try:
        curl.perform()
        print(name, "done")
    except pycurl.error as error:
        print(name, *error.args, [r for r in replies if r.startswith("4")])


step("list", "", None)
step("get", "file", None)
step("put", "new", io.BytesIO(b"bytes"))
with open(env["FTPS_BIG"], "rb") as big:
    step("big", "big", big)
curl.close()
