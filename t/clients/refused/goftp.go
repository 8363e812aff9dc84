// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// goftp.go: jlaffaye/ftp, as python-ftplib.py, without a cache of sessions.  It
// shakes hands on each data connection before it sends the command, so it needs
// TLSOptions EarlyDataHandshake.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jlaffaye/ftp"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	pem, err := os.ReadFile(os.Getenv("FTPS_CA"))
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	conn, err := ftp.Dial(os.Getenv("FTPS_HOST")+":"+os.Getenv("FTPS_PORT"),
		ftp.DialWithExplicitTLS(&tls.Config{
			RootCAs:    roots,
			ServerName: os.Getenv("FTPS_HOST"),
		}))
	check(err)
	check(conn.Login(os.Getenv("FTPS_USER"), os.Getenv("FTPS_PASSWORD")))
	big, err := os.Open(os.Getenv("FTPS_BIG"))
	check(err)
	steps := []struct {
		name string
		run  func() error
	}{
		{"list", func() error { _, err := conn.List("."); return err }},
		{"get", func() error {
			response, err := conn.Retr("file")
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, response)
			closed := response.Close()
			if err == nil {
				err = closed
			}
			return err
		}},
		{"put", func() error {
			return conn.Stor("new", strings.NewReader("bytes"))
		}},
		{"big", func() error { return conn.Stor("big", big) }},
	}
	for _, step := range steps {
		fmt.Printf("%s %v\n", step.name,
			strings.ReplaceAll(fmt.Sprint(step.run()), "\n", " | "))
		next := "200 "
		if err := conn.NoOp(); err != nil {
			next = err.Error()
		}
		fmt.Printf("%s next %s\n", step.name, next)
	}
	check(conn.Quit())
}
