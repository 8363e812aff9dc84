// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// FtpsClient.java PLAN: works off a plan (FTPS::Test::Clients) with Java's own
// TLS (JSSE), as `java FtpsClient.java PLAN`.
//
// JSSE looks for the session to resume under the peer's host and port, so data
// connections say that they go to the port of the control connection.  It writes
// the two last parts of a handshake one by one, so without TcpNoDelay the second
// waits for a round trip.  FTPS_PLAIN=1: plain FTP, to compare with.
//
// DIAGNOSTICS: the exception of the first transfer that fails; 77 for words that
// there are none for.

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

public class FtpsClient {
  private static final String HOST = System.getenv("FTPS_HOST");
  private static final int PORT = Integer.parseInt(System.getenv("FTPS_PORT"));
  private static final boolean IS_PLAIN = System.getenv("FTPS_PLAIN") != null;

  private final SSLSocketFactory factory;
  private Socket control;
  private BufferedReader in;

  private FtpsClient() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("ca", readCertificate(System.getenv("FTPS_CA")));
    TrustManagerFactory trust = TrustManagerFactory.getInstance(
        TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(ownKey(), trust.getTrustManagers(), null);
    factory = context.getSocketFactory();
    use(new Socket(HOST, PORT));
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

  private void use(Socket socket) throws IOException {
    control = socket;
    control.setTcpNoDelay(true);
    control.setSoTimeout(10000);
    in = new BufferedReader(new InputStreamReader(control.getInputStream(),
        StandardCharsets.US_ASCII));
  }

  private Socket protect(Socket socket) throws IOException {
    if (IS_PLAIN) {
      return socket;
    }
    SSLSocket tls = (SSLSocket) factory.createSocket(socket, HOST, PORT, true);
    tls.startHandshake();
    return tls;
  }

  private String expect(String start) throws IOException {
    String line = in.readLine();
    if (line == null || !line.startsWith(start)) {
      throw new IOException("expected " + start + ", got " + line);
    }
    return line;
  }

  private String command(String line, String start) throws IOException {
    control.getOutputStream().write(
        (line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    return expect(start);
  }

  private void login() throws IOException {
    if (System.getenv("FTPS_IMPLICIT") != null) {
      use(protect(control));
      expect("220 ");
    } else {
      expect("220 ");
      if (!IS_PLAIN) {
        command("AUTH TLS", "234 ");
        use(protect(control));
      }
    }
    command("USER " + System.getenv("FTPS_USER"), "331 ");
    command("PASS " + System.getenv("FTPS_PASSWORD"), "230 ");
    if (!IS_PLAIN) {
      command("PBSZ 0", "200 ");
      command("PROT P", "200 ");
    }
    command("TYPE I", "200 ");
  }

  private Socket openData(String line) throws IOException {
    String[] parts = command("EPSV", "229 ").split("\\|");
    Socket data = new Socket(HOST, Integer.parseInt(parts[3])) {
      @Override
      public int getPort() {
        return PORT;
      }
    };
    data.setTcpNoDelay(true);
    command(line, "150 ");
    return protect(data);
  }

  private void put(String local, String remote, boolean resumes)
      throws IOException {
    try (InputStream from = new FileInputStream(local)) {
      if (resumes) {
        String size = command("SIZE " + remote, "213 ").substring(4);
        from.skipNBytes(Long.parseLong(size));
        command("REST " + size, "350 ");
      }
      try (Socket data = openData("STOR " + remote);
          OutputStream out = data.getOutputStream()) {
        from.transferTo(out);
      }
    }
    expect("226 ");
  }

  private void get(String command, String local, boolean resumes)
      throws IOException {
    if (resumes) {
      command("REST " + Files.size(Path.of(local)), "350 ");
    }
    try (Socket data = openData(command);
        OutputStream out = new FileOutputStream(local, resumes)) {
      data.getInputStream().transferTo(out);
    }
    expect("226 ");
  }

  private void act(String[] words) throws IOException {
    switch (words[0]) {
      case "put", "reput" ->
          put(words[1], words[2], words[0].equals("reput"));
      case "get", "reget" ->
          get("RETR " + words[1], words[2], words[0].equals("reget"));
      case "list" -> get("NLST " + words[1], words[2], false);
      default -> System.exit(77);
    }
  }

  public static void main(String[] args) throws Exception {
    if (System.getenv("FTPS_CCC") != null) {
      System.exit(77);
    }
    FtpsClient client = new FtpsClient();
    client.login();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      client.act(line.split(" "));
    }
    client.command("QUIT", "221 ");
    client.control.close();
  }
}
