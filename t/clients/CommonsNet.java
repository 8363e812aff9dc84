// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// CommonsNet.java [--resume] PLAN: works off a plan (FTPS::Test::Clients) with
// Apache Commons Net, as `java -cp commons-net.jar CommonsNet.java PLAN`; with
// --resume it uses the subclass below, whose data connections resume the TLS
// session of the control connection, which FTPSClient's own never do.
//
// DIAGNOSTICS: the exception or the reply of the first transfer that fails; 77
// for what there is no way to do.

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.SocketFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.apache.commons.net.DefaultSocketFactory;
import org.apache.commons.net.ftp.FTP;
import org.apache.commons.net.ftp.FTPReply;
import org.apache.commons.net.ftp.FTPSClient;

public class CommonsNet {
  private static final String HOST = System.getenv("FTPS_HOST");

  /**
   * JSSE keeps sessions under host and port of the peer.  So data connections
   * tell JSSE the host and the port of the control connection; TCP knows the
   * real one.
   */
  static class ResumingFtpsClient extends FTPSClient {
    private final SSLContext context;
    private String host;
    private int port;

    ResumingFtpsClient(boolean isImplicit, SSLContext context) {
      super(isImplicit, context);
      this.context = context;
    }

    @Override
    protected void _connectAction_() throws IOException {
      host = _hostname_ != null ? _hostname_
          : getRemoteAddress().getHostAddress();
      port = getRemotePort();
      super._connectAction_();
    }

    @Override
    protected Socket _openDataConnection_(String command, String arg)
        throws IOException {
      // FTPSClient would shake hands itself with the address of the data
      // connection; it leaves sockets alone that are not TLS sockets.
      SocketFactory theirs = _socketFactory_;
      _socketFactory_ = new DefaultSocketFactory() {
        @Override
        public Socket createSocket() {
          return new Socket() {
            @Override
            public int getPort() {
              return port;
            }
          };
        }
      };
      Socket plain;
      try {
        plain = super._openDataConnection_(command, arg);
      } finally {
        _socketFactory_ = theirs;
      }
      if (plain == null) {
        return null;
      }
      plain.setTcpNoDelay(true);  // JSSE writes a handshake's end in two parts
      SSLSocket tls = (SSLSocket) context.getSocketFactory()
          .createSocket(plain, host, port, true);
      tls.startHandshake();
      return tls;
    }
  }

  private static Certificate readCertificate(String file) throws Exception {
    try (InputStream in = new FileInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private static KeyManager[] ownKey() throws Exception {
    String file = System.getenv("FTPS_CERT");
    if (file == null) {
      return null;
    }
    String pem = Files.readString(Path.of(System.getenv("FTPS_KEY")));
    byte[] der = Base64.getMimeDecoder().decode(
        pem.replaceAll("-----[A-Z ]+-----", ""));
    Certificate own = readCertificate(file);
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setKeyEntry("own",
        KeyFactory.getInstance(own.getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(der)),
        new char[0], new Certificate[] { own });
    KeyManagerFactory keys = KeyManagerFactory.getInstance(
        KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    return keys.getKeyManagers();
  }

  private static SSLContext context() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("ca", readCertificate(System.getenv("FTPS_CA")));
    TrustManagerFactory trust = TrustManagerFactory.getInstance(
        TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(ownKey(), trust.getTrustManagers(), null);
    return context;
  }

  private static void must(FTPSClient ftp, boolean done) throws IOException {
    if (!done) {
      throw new IOException(ftp.getReplyString());
    }
  }

  private static void put(FTPSClient ftp, String local, String remote,
      boolean resumes) throws IOException {
    try (InputStream in = new FileInputStream(local)) {
      if (resumes) {
        long size = Long.parseLong(ftp.getSize(remote).trim());
        in.skipNBytes(size);
        ftp.setRestartOffset(size);
      }
      must(ftp, ftp.storeFile(remote, in));
    }
  }

  private static void get(FTPSClient ftp, String remote, String local,
      boolean resumes) throws IOException {
    if (resumes) {
      ftp.setRestartOffset(Files.size(Path.of(local)));
    }
    try (OutputStream out = new FileOutputStream(local, resumes)) {
      must(ftp, ftp.retrieveFile(remote, out));
    }
  }

  private static void list(FTPSClient ftp, String local) throws IOException {
    String[] names = ftp.listNames();
    must(ftp, names != null);
    Files.writeString(Path.of(local), String.join("\n", names));
  }

  private static void act(FTPSClient ftp, String[] words) throws IOException {
    switch (words[0]) {
      case "put", "reput" ->
          put(ftp, words[1], words[2], words[0].equals("reput"));
      case "get", "reget" ->
          get(ftp, words[1], words[2], words[0].equals("reget"));
      case "list" -> list(ftp, words[2]);
      default -> System.exit(77);
    }
  }

  public static void main(String[] args) throws Exception {
    boolean isImplicit = System.getenv("FTPS_IMPLICIT") != null;
    FTPSClient ftp = args[0].equals("--resume")
        ? new ResumingFtpsClient(isImplicit, context())
        : new FTPSClient(isImplicit, context());
    ftp.setEndpointCheckingEnabled(true);
    ftp.setDefaultTimeout(10000);
    ftp.setDataTimeout(java.time.Duration.ofSeconds(10));
    ftp.connect(HOST, Integer.parseInt(System.getenv("FTPS_PORT")));
    must(ftp, ftp.login(System.getenv("FTPS_USER"),
        System.getenv("FTPS_PASSWORD")));
    ftp.execPBSZ(0);
    ftp.execPROT("P");
    if (System.getenv("FTPS_CCC") != null) {
      ftp.execCCC();
    }
    ftp.enterLocalPassiveMode();
    must(ftp, ftp.setFileType(FTP.BINARY_FILE_TYPE));
    for (String line : Files.readAllLines(Path.of(args[args.length - 1]))) {
      act(ftp, line.split(" "));
    }
    must(ftp, FTPReply.isPositiveCompletion(ftp.quit()));
    ftp.disconnect();
  }
}
