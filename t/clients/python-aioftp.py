#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
"""python-aioftp.py PLAN: works off a plan (FTPS::Test::Clients) with aioftp, which
knows implicit TLS alone (explicit from 0.23 on), resumes nothing, and shakes
hands on each data connection before it sends the command.

DIAGNOSTICS: the exception of the first transfer that fails; 77 for what this
aioftp has no way to do.
"""

import asyncio
import os
import ssl
import sys

import aioftp

IMPLICIT = bool(os.environ.get("FTPS_IMPLICIT"))


async def put(client, source, target, rest):
    async with client.upload_stream(target, offset=rest) as stream:
        with open(source, "rb") as file:
            file.seek(rest)
            while block := file.read(65536):
                await stream.write(block)


async def get(client, source, target, rest):
    async with client.download_stream(source, offset=rest) as stream:
        with open(target, "ab" if rest else "wb") as file:
            async for block in stream.iter_by_block():
                file.write(block)


async def list_names(client, target):
    with open(target, "w", encoding="utf-8") as file:
        async for path, _ in client.list():
            print(path.name, file=file)


async def size_of(client, name):
    return int((await client.stat(name))["size"])


async def work_off(plan):
    env = os.environ
    context = ssl.create_default_context(cafile=env["FTPS_CA"])
    if env.get("FTPS_CERT"):
        context.load_cert_chain(env["FTPS_CERT"], env["FTPS_KEY"])
    client = aioftp.Client(ssl=context if IMPLICIT else None,
                           socket_timeout=10)
    await client.connect(env["FTPS_HOST"], int(env["FTPS_PORT"]))
    if not IMPLICIT:
        await client.upgrade_to_tls(context)
    await client.login(env["FTPS_USER"], env["FTPS_PASSWORD"])
    for word, source, target in plan:
        if word == "put":
            await put(client, source, target, 0)
        elif word == "reput":
            await put(client, source, target, await size_of(client, target))
        elif word == "get":
            await get(client, source, target, 0)
        elif word == "reget":
            await get(client, source, target, os.path.getsize(target))
        else:
            await list_names(client, target)
    await client.quit()


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        plan = [line.split() for line in file]
    has_explicit = hasattr(aioftp.Client, "upgrade_to_tls")
    if (os.environ.get("FTPS_CCC") or not (IMPLICIT or has_explicit)
            or any(word[0] not in ("put", "get", "reput", "reget", "list")
                   for word in plan)):
        sys.exit(77)
    asyncio.run(work_off(plan))


main()
