// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// CommonsNet.java: Apache Commons Net, as python-ftplib.py.  It does not
// resume (JdkSockets.java says why).

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.apache.commons.net.ftp.FTP;
import org.apache.commons.net.ftp.FTPSClient;

public class CommonsNet {
  interface Step {
    boolean run() throws IOException;
  }

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

  private static String said(FTPSClient ftp) {
    return String.join(" | ", ftp.getReplyStrings());
  }

  private static void show(FTPSClient ftp, String name, Step step)
      throws IOException {
    try {
      boolean done = step.run();
      System.out.println(name + " " + done + " " + said(ftp));
    } catch (IOException e) {
      System.out.println(name + " " + e);
    }
    ftp.noop();
    System.out.println(name + " next " + said(ftp));
  }

  public static void main(String[] args) throws Exception {
    FTPSClient ftp = new FTPSClient();
    ftp.setTrustManager(trust());
    ftp.setDefaultTimeout(10000);
    ftp.setDataTimeout(java.time.Duration.ofSeconds(10));
    ftp.connect(System.getenv("FTPS_HOST"),
        Integer.parseInt(System.getenv("FTPS_PORT")));
    ftp.login(System.getenv("FTPS_USER"), System.getenv("FTPS_PASSWORD"));
    ftp.execPBSZ(0);
    ftp.execPROT("P");
    ftp.enterLocalPassiveMode();
    ftp.setFileType(FTP.BINARY_FILE_TYPE);
    show(ftp, "list", () -> ftp.listNames() != null);
    show(ftp, "get", () -> ftp.retrieveFile("file",
        OutputStream.nullOutputStream()));
    show(ftp, "put", () -> ftp.storeFile("new",
        new ByteArrayInputStream("bytes".getBytes())));
    show(ftp, "big", () -> {
      try (InputStream in = new FileInputStream(System.getenv("FTPS_BIG"))) {
        return ftp.storeFile("big", in);
      }
    });
    ftp.quit();
    ftp.disconnect();
  }
}
