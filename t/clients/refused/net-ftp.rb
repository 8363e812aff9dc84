#!/usr/bin/env ruby
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# net-ftp.rb: Ruby's Net::FTP, as python-ftplib.py.  It resumes, so the test
# preloads noresume.c.

require 'net/ftp'
require 'stringio'

ftp = Net::FTP.new(nil, passive: true, open_timeout: 10, read_timeout: 10,
                   ssl: { ca_file: ENV.fetch('FTPS_CA') })
ftp.connect(ENV.fetch('FTPS_HOST'), ENV.fetch('FTPS_PORT').to_i)
ftp.login(ENV.fetch('FTPS_USER'), ENV.fetch('FTPS_PASSWORD'))
{
  list: -> { ftp.list },
  get: -> { ftp.getbinaryfile('file', nil) },
  put: -> { ftp.storbinary('STOR new', StringIO.new('bytes'), 4096) },
  big: -> { ftp.putbinaryfile(ENV.fetch('FTPS_BIG'), 'big') }
}.each do |name, step|
  begin
    step.call
    puts "#{name} done"
  rescue StandardError => error
    puts "#{name} #{error.class} #{error.message.strip.gsub("\n", ' | ')}"
  end
  ftp.noop
  puts "#{name} next #{ftp.last_response}"
end
ftp.quit
ftp.close
