// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// basic-ftp.js PLAN: works off a plan (FTPS::Test::Clients) with basic-ftp on
// Node.js (npm's package basic-ftp, found through NODE_PATH).
//
// DIAGNOSTICS: the exception of the first transfer that fails; 77 for words that
// there are none for.
"use strict"

const fs = require("fs")
const ftp = require("basic-ftp")
const env = process.env

async function resumePut(client, from, to) {
  await client.appendFrom(from, to, { localStart: await client.size(to) })
}

async function list(client, to) {
  const names = (await client.list()).map(entry => entry.name)
  fs.writeFileSync(to, names.join("\n"))
}

const acts = {
  put: (client, from, to) => client.uploadFrom(from, to),
  get: (client, from, to) => client.downloadTo(to, from),
  reput: resumePut,
  reget: (client, from, to) =>
    client.downloadTo(to, from, fs.statSync(to).size),
  list: (client, from, to) => list(client, to),
}

async function main() {
  const plan = fs.readFileSync(process.argv[2], "ascii").trim().split("\n")
    .map(line => line.split(" "))
  if (env.FTPS_CCC || plan.some(([word]) => !acts[word])) {
    process.exit(77)
  }
  const options = { ca: fs.readFileSync(env.FTPS_CA) }
  if (env.FTPS_CERT) {
    options.cert = fs.readFileSync(env.FTPS_CERT)
    options.key = fs.readFileSync(env.FTPS_KEY)
  }
  const client = new ftp.Client(10000)
  await client.access({
    host: env.FTPS_HOST, port: Number(env.FTPS_PORT),
    user: env.FTPS_USER, password: env.FTPS_PASSWORD,
    secure: env.FTPS_IMPLICIT ? "implicit" : true, secureOptions: options,
  })
  for (const [word, from, to] of plan) {
    await acts[word](client, from, to)
  }
  client.close()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
