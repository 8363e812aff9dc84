// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// FtpWeb.cs PLAN: works off a plan (FTPS::Test::Clients) with FtpWebRequest, the
// FTPS client in .NET's own library, which knows explicit TLS alone.
//
// DIAGNOSTICS: the exception of the first transfer that fails; 77 for words that
// there are none for.

using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Security.Cryptography.X509Certificates;

class FtpWeb {
  static readonly string Url = "ftp://" + Env("FTPS_HOST") + ":"
    + Env("FTPS_PORT") + "/";

  static string Env(string name) {
    return Environment.GetEnvironmentVariable(name);
  }

  // Mono's own verification knows no elliptic curves, so openssl is asked.
  static bool IsTrusted(object sender, X509Certificate certificate,
      X509Chain chain, System.Net.Security.SslPolicyErrors errors) {
    string file = Path.GetTempFileName();
    File.WriteAllText(file, "-----BEGIN CERTIFICATE-----\n"
      + Convert.ToBase64String(certificate.GetRawCertData(),
        Base64FormattingOptions.InsertLineBreaks)
      + "\n-----END CERTIFICATE-----\n");
    var verify = Process.Start(new ProcessStartInfo("openssl",
      "verify -CAfile " + Env("FTPS_CA") + " " + file) {
        UseShellExecute = false });
    verify.WaitForExit();
    File.Delete(file);
    return verify.ExitCode == 0;
  }

  static FtpWebRequest Ask(string method, string remote) {
    var request = (FtpWebRequest) WebRequest.Create(Url + remote);
    request.Method = method;
    request.Credentials = new NetworkCredential(Env("FTPS_USER"),
      Env("FTPS_PASSWORD"));
    request.EnableSsl = true;
    request.UseBinary = true;
    request.UsePassive = true;
    request.KeepAlive = true;
    request.Proxy = null;
    request.Timeout = request.ReadWriteTimeout = 10000;
    return request;
  }

  static void Get(string method, string remote, string local, bool resumes) {
    var request = Ask(method, remote);
    if (resumes) {
      request.ContentOffset = new FileInfo(local).Length;
    }
    using (var response = request.GetResponse())
    using (var file = new FileStream(local,
        resumes ? FileMode.Append : FileMode.Create)) {
      response.GetResponseStream().CopyTo(file);
    }
  }

  static void Put(string local, string remote, bool resumes) {
    long done = 0;
    if (resumes) {
      using (var size = Ask(WebRequestMethods.Ftp.GetFileSize, remote)
          .GetResponse()) {
        done = size.ContentLength;
      }
    }
    var request = Ask(resumes ? WebRequestMethods.Ftp.AppendFile
      : WebRequestMethods.Ftp.UploadFile, remote);
    using (var file = File.OpenRead(local)) {
      file.Seek(done, SeekOrigin.Begin);
      using (var stream = request.GetRequestStream()) {
        file.CopyTo(stream);
      }
    }
    request.GetResponse().Close();
  }

  static int Main(string[] args) {
    try {
      return WorkOff(args[0]);
    } catch (Exception fault) {
      Console.WriteLine((fault.InnerException ?? fault).Message);
      return 1;
    }
  }

  static int WorkOff(string plan) {
    if (Env("FTPS_IMPLICIT") != null || Env("FTPS_CCC") != null
        || Env("FTPS_CERT") != null) {
      return 77;
    }
    ServicePointManager.ServerCertificateValidationCallback = IsTrusted;
    foreach (string line in File.ReadAllLines(plan)) {
      string[] word = line.Split(' ');
      switch (word[0]) {
        case "put": case "reput":
          Put(word[1], word[2], word[0] == "reput");
          break;
        case "get": case "reget":
          Get(WebRequestMethods.Ftp.DownloadFile, word[1], word[2],
            word[0] == "reget");
          break;
        case "list":
          Get(WebRequestMethods.Ftp.ListDirectory, "", word[2], false);
          break;
        default:
          return 77;
      }
    }
    return 0;
  }
}
