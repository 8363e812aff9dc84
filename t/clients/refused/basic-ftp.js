// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// basic-ftp.js: basic-ftp on Node.js, as python-ftplib.py.  It resumes; here
// tls.connect() is called without the session.
"use strict"

const tls = require("tls")
const { Readable, Writable } = require("stream")
const connect = tls.connect
tls.connect = (options, done) =>
  connect({ ...options, session: undefined }, done)
const ftp = require("basic-ftp")
const fs = require("fs")

const nowhere = () => new Writable({ write(chunk, encoding, done) { done() } })

async function main() {
  const client = new ftp.Client(10000)
  await client.access({
    host: process.env.FTPS_HOST, port: Number(process.env.FTPS_PORT),
    user: process.env.FTPS_USER, password: process.env.FTPS_PASSWORD,
    secure: true, secureOptions: { ca: fs.readFileSync(process.env.FTPS_CA) },
  })
  const steps = {
    list: () => client.list(),
    get: () => client.downloadTo(nowhere(), "file"),
    put: () => client.uploadFrom(Readable.from(["bytes"]), "new"),
    big: () => client.uploadFrom(process.env.FTPS_BIG, "big"),
  }
  for (const name of Object.keys(steps)) {
    try {
      await steps[name]()
      console.log(`${name} done`)
    } catch (error) {
      console.log(`${name} ${error.name} ${error.message.replace(/\n/g, " | ")}`)
    }
    if (client.closed) {
      console.log(`${name} closed`)
      return
    }
    const reply = await client.send("NOOP")
    console.log(`${name} next ${reply.message}`)
  }
  client.close()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
