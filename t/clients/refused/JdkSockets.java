// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 mod_ftps authors
//
// JdkSockets.java: Java's own TLS (JSSE), as python-ftplib.py.  JSSE looks for
// a session under the peer's host and port, and a data connection has another
// port.

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

public class JdkSockets {
  private static final String HOST = System.getenv("FTPS_HOST");
  private static final int PORT = Integer.parseInt(System.getenv("FTPS_PORT"));

  private static SSLSocketFactory factory;
  private static Socket control;
  private static BufferedReader in;

  private static void use(Socket socket) throws IOException {
    control = socket;
    control.setSoTimeout(10000);
    in = new BufferedReader(new InputStreamReader(control.getInputStream(),
        StandardCharsets.US_ASCII));
  }

  private static SSLSocket protect(Socket socket) throws IOException {
    SSLSocket tls = (SSLSocket) factory.createSocket(socket, HOST,
        socket.getPort(), true);
    tls.startHandshake();
    return tls;
  }

  private static String reply() throws IOException {
    String line = in.readLine();
    String all = line;
    while (line != null && line.charAt(3) == '-') {
      line = in.readLine();
      all += " | " + line;
    }
    return all;
  }

  private static String command(String line) throws IOException {
    control.getOutputStream().write(
        (line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    return reply();
  }

  private static void step(String name, String line, String local)
      throws IOException {
    String[] parts = command("EPSV").split("\\|");
    String seen = "";
    try (Socket socket = new Socket(HOST, Integer.parseInt(parts[3]))) {
      command(line);
      try (SSLSocket data = protect(socket)) {
        if (local == null) {
          data.getInputStream().transferTo(OutputStream.nullOutputStream());
        } else {
          Files.copy(Path.of(local), data.getOutputStream());
        }
      }
    } catch (IOException e) {
      seen = e + " ";
    }
    System.out.println(name + " " + seen + reply());
    System.out.println(name + " next " + command("NOOP"));
  }

  public static void main(String[] args) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream file = new FileInputStream(System.getenv("FTPS_CA"))) {
      store.setCertificateEntry("ca",
          CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(
        TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    factory = context.getSocketFactory();
    use(new Socket(HOST, PORT));
    reply();
    command("AUTH TLS");
    use(protect(control));
    command("USER " + System.getenv("FTPS_USER"));
    command("PASS " + System.getenv("FTPS_PASSWORD"));
    command("PBSZ 0");
    command("PROT P");
    step("list", "LIST", null);
    step("get", "RETR file", null);
    step("put", "STOR new", System.getenv("FTPS_CA"));
    step("big", "STOR big", System.getenv("FTPS_BIG"));
    command("QUIT");
    control.close();
  }
}
