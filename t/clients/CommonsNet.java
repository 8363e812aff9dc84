// SPDX-License-Identifier: GPL-2.0-or-later
//
// CommonsNet.java PLAN: works off a plan (FTPS::Test::Clients) with Apache
// Commons Net, on a control connection that goes on in clear (CCC), as
// `java -cp commons-net.jar CommonsNet.java PLAN`.
//
// DIAGNOSTICS: the exception or the reply of the first transfer that fails.

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.apache.commons.net.ftp.FTP;
import org.apache.commons.net.ftp.FTPReply;
import org.apache.commons.net.ftp.FTPSClient;

public class CommonsNet {
  private static X509TrustManager trust() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream file = new FileInputStream(System.getenv("FTPS_CA"))) {
      store.setCertificateEntry("ca",
          CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(
        TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return (X509TrustManager) factory.getTrustManagers()[0];
  }

  private static void must(FTPSClient ftp, boolean done) throws IOException {
    if (!done) {
      throw new IOException(ftp.getReplyString());
    }
  }

  public static void main(String[] args) throws Exception {
    FTPSClient ftp = new FTPSClient();
    ftp.setTrustManager(trust());
    ftp.setDefaultTimeout(10000);
    ftp.setDataTimeout(java.time.Duration.ofSeconds(10));
    ftp.connect(System.getenv("FTPS_HOST"),
        Integer.parseInt(System.getenv("FTPS_PORT")));
    must(ftp, ftp.login(System.getenv("FTPS_USER"),
        System.getenv("FTPS_PASSWORD")));
    ftp.execPBSZ(0);
    ftp.execPROT("P");
    ftp.execCCC();
    ftp.enterLocalPassiveMode();
    must(ftp, ftp.setFileType(FTP.BINARY_FILE_TYPE));
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      String[] words = line.split(" ");
      if (words[0].equals("put")) {
        try (InputStream in = new FileInputStream(words[1])) {
          must(ftp, ftp.storeFile(words[2], in));
        }
      } else {
        try (OutputStream out = new FileOutputStream(words[2])) {
          must(ftp, ftp.retrieveFile(words[1], out));
        }
      }
    }
    must(ftp, FTPReply.isPositiveCompletion(ftp.quit()));
    ftp.disconnect();
  }
}
