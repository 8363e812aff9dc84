// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// node-ftp.js PACKAGE PLAN: works off a plan (FTPS::Test::Clients) with one of
// npm's packages that share an interface: ftp, @icetee/ftp, ftp-ts (all found
// through NODE_PATH), promise-ftp.
//
// DIAGNOSTICS: the exception of the first transfer that fails; 77 for words that
// there are none for.
"use strict"

const fs = require("fs")
const { promisify } = require("util")
const { pipeline } = require("stream")
const env = process.env
const [, , name, planFile] = process.argv

// The same methods, as promises, where the package does not have them.
function wrap(client) {
  const wrapped = {}
  for (const method of ["put", "append", "get", "size", "list", "restart"]) {
    wrapped[method] = promisify(client[method].bind(client))
  }
  wrapped.end = () => client.end()
  wrapped.connect = options => new Promise((resolve, reject) => {
    client.on("ready", resolve)
    client.on("error", reject)
    client.connect(options)
  })
  return wrapped
}

async function get(client, from, to, flags) {
  const stream = await client.get(from)
  await promisify(pipeline)(stream, fs.createWriteStream(to, { flags }))
}

const acts = {
  put: (client, from, to) => client.put(from, to),
  get: (client, from, to) => get(client, from, to, "w"),
  async reput(client, from, to) {
    const start = await client.size(to)
    await client.append(fs.createReadStream(from, { start }), to)
  },
  async reget(client, from, to) {
    await client.restart(fs.statSync(to).size)
    await get(client, from, to, "a")
  },
  async list(client, from, to) {
    const entries = await client.list(from)
    fs.writeFileSync(to, entries.map(entry => entry.name).join("\n"))
  },
}

async function connect(options) {
  const module = require(name)
  if (name === "ftp-ts") {
    return module.default.connect(options)
  }
  const client = name === "promise-ftp" ? new module() : wrap(new module())
  await client.connect(options)
  return client
}

async function main() {
  const plan = fs.readFileSync(planFile, "ascii").trim().split("\n")
    .map(line => line.split(" "))
  if (env.FTPS_CCC || plan.some(([word]) => !acts[word])) {
    process.exit(77)
  }
  const options = { ca: fs.readFileSync(env.FTPS_CA) }
  if (env.FTPS_CERT) {
    options.cert = fs.readFileSync(env.FTPS_CERT)
    options.key = fs.readFileSync(env.FTPS_KEY)
  }
  const client = await connect({
    host: env.FTPS_HOST, port: Number(env.FTPS_PORT), user: env.FTPS_USER,
    password: env.FTPS_PASSWORD, connTimeout: 10000, pasvTimeout: 10000,
    secure: env.FTPS_IMPLICIT ? "implicit" : true, secureOptions: options,
  })
  for (const [word, from, to] of plan) {
    await acts[word](client, from, to)
  }
  await client.end()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
