#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""python-aioftp.py PLAN: works off a plan (FTPS::Test::Clients) with aioftp, which
knows implicit TLS alone, resumes nothing, and shakes hands on each data
connection before it sends the command.

DIAGNOSTICS: the exception of the first transfer that fails.
"""

import asyncio
import os
import ssl
import sys

import aioftp


async def put(client, source, target):
    async with client.upload_stream(target) as stream:
        with open(source, "rb") as file:
            while block := file.read(65536):
                await stream.write(block)


async def get(client, source, target):
    async with client.download_stream(source) as stream:
        with open(target, "wb") as file:
            async for block in stream.iter_by_block():
                file.write(block)


async def work_off(name):
    context = ssl.create_default_context(cafile=os.environ["FTPS_CA"])
    client = aioftp.Client(ssl=context)
    await client.connect(os.environ["FTPS_HOST"], int(os.environ["FTPS_PORT"]))
    await client.login(os.environ["FTPS_USER"], os.environ["FTPS_PASSWORD"])
    with open(name, encoding="ascii") as plan:
        for line in plan:
            direction, source, target = line.split()
            await (put if direction == "put" else get)(client, source, target)
    await client.quit()


asyncio.run(work_off(sys.argv[1]))
