#!/usr/bin/env ruby
# SPDX-License-Identifier: GPL-2.0-or-later
#
# net-ftp.rb PLAN: works off a plan (FTPS::Test::Clients) with Ruby's Net::FTP.
#
# DIAGNOSTICS: the exception of the first transfer that fails.

require 'net/ftp'

ftp = Net::FTP.new(nil, passive: true, open_timeout: 10, read_timeout: 10,
                   ssl: { ca_file: ENV.fetch('FTPS_CA') })
ftp.connect(ENV.fetch('FTPS_HOST'), ENV.fetch('FTPS_PORT').to_i)
ftp.login(ENV.fetch('FTPS_USER'), ENV.fetch('FTPS_PASSWORD'))
File.foreach(ARGV[0], chomp: true) do |line|
  direction, from, to = line.split
  if direction == 'put'
    ftp.putbinaryfile(from, to)
  else
    ftp.getbinaryfile(from, to)
  end
end
ftp.quit
ftp.close
