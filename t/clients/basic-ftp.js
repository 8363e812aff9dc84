// SPDX-License-Identifier: GPL-2.0-or-later
//
// basic-ftp.js PLAN: works off a plan (FTPS::Test::Clients) with basic-ftp on
// Node.js (npm's package basic-ftp, found through NODE_PATH).
//
// DIAGNOSTICS: the exception of the first transfer that fails.
"use strict"

const fs = require("fs")
const ftp = require("basic-ftp")

async function main() {
  const client = new ftp.Client(10000)
  await client.access({
    host: process.env.FTPS_HOST, port: Number(process.env.FTPS_PORT),
    user: process.env.FTPS_USER, password: process.env.FTPS_PASSWORD,
    secure: true, secureOptions: { ca: fs.readFileSync(process.env.FTPS_CA) },
  })
  const plan = fs.readFileSync(process.argv[2], "ascii").trim().split("\n")
  for (const line of plan) {
    const [direction, from, to] = line.split(" ")
    if (direction === "put") {
      await client.uploadFrom(from, to)
    } else {
      await client.downloadTo(to, from)
    }
  }
  client.close()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
