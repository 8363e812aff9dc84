// SPDX-License-Identifier: GPL-2.0-or-later
//
// FtpsClient.java PLAN: works off a plan (FTPS::Test::Clients) with Java's own
// TLS (JSSE), as `java FtpsClient.java PLAN`.
//
// JSSE looks for the session to resume under the peer's host and port, so data
// connections say that they go to the port of the control connection.
//
// DIAGNOSTICS: the exception of the first transfer that fails.

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
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

public class FtpsClient {
  private static final String HOST = System.getenv("FTPS_HOST");
  private static final int PORT = Integer.parseInt(System.getenv("FTPS_PORT"));

  private final SSLSocketFactory factory;
  private Socket control;
  private BufferedReader in;

  private FtpsClient() throws Exception {
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
  }

  private void use(Socket socket) throws IOException {
    control = socket;
    control.setTcpNoDelay(true);
    control.setSoTimeout(10000);
    in = new BufferedReader(new InputStreamReader(control.getInputStream(),
        StandardCharsets.US_ASCII));
  }

  private SSLSocket protect(Socket socket) throws IOException {
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
    expect("220 ");
    command("AUTH TLS", "234 ");
    use(protect(control));
    command("USER " + System.getenv("FTPS_USER"), "331 ");
    command("PASS " + System.getenv("FTPS_PASSWORD"), "230 ");
    command("PBSZ 0", "200 ");
    command("PROT P", "200 ");
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
    command(line, "150 ");
    return protect(data);
  }

  private void put(String local, String remote) throws IOException {
    try (Socket data = openData("STOR " + remote);
        OutputStream out = data.getOutputStream()) {
      Files.copy(Path.of(local), out);
    }
    expect("226 ");
  }

  private void get(String remote, String local) throws IOException {
    try (Socket data = openData("RETR " + remote);
        OutputStream out = new FileOutputStream(local)) {
      data.getInputStream().transferTo(out);
    }
    expect("226 ");
  }

  public static void main(String[] args) throws Exception {
    FtpsClient client = new FtpsClient();
    client.login();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      String[] words = line.split(" ");
      if (words[0].equals("put")) {
        client.put(words[1], words[2]);
      } else {
        client.get(words[1], words[2]);
      }
    }
    client.command("QUIT", "221 ");
    client.control.close();
  }
}
