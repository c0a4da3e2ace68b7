// SPDX-License-Identifier: BSD-2-Clause
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** A peer on JSSE: TLS 1.2 and 1.3. Its command line is that of stack.h. */
public class Peer {
	private static final char[] NO_PASSWORD = new char[0];
	private final Map<Character, String> options = new HashMap<>();

	private Peer(String[] args) {
		for (int i = 0; i < args.length; i++) {
			char c = args[i].charAt(1);
			options.put(c, "sm".indexOf(c) >= 0 ? "" : args[++i]);
		}
	}

	private boolean has(char c) {
		return options.containsKey(c);
	}

	private static Certificate[] certificates(String path) throws Exception {
		try (var in = Files.newInputStream(Path.of(path))) {
			return CertificateFactory.getInstance("X.509").generateCertificates(in).toArray(new Certificate[0]);
		}
	}

	private static PrivateKey key(String path, String algorithm) throws Exception {
		String base64 = Files.readString(Path.of(path)).replaceAll("-----[^-]*-----|\\s", "");
		return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
	}

	private static KeyStore emptyStore() throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(null, NO_PASSWORD);
		return store;
	}

	private SSLContext context() throws Exception {
		KeyManagerFactory own = KeyManagerFactory.getInstance("SunX509");
		KeyStore ownStore = emptyStore();
		if (has('C')) {
			Certificate[] chain = certificates(options.get('C'));
			ownStore.setKeyEntry("own", key(options.get('K'), chain[0].getPublicKey().getAlgorithm()), NO_PASSWORD, chain);
		}
		own.init(ownStore, NO_PASSWORD);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(own.getKeyManagers(), trust(), null);
		return context;
	}

	private TrustManager[] trust() throws Exception {
		if (!has('A'))
			return new TrustManager[] { new TrustAll() };
		KeyStore store = emptyStore();
		store.setCertificateEntry("root", certificates(options.get('A'))[0]);
		TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
		trusted.init(store);
		return trusted.getTrustManagers();
	}

	private static class TrustAll implements X509TrustManager {
		public void checkClientTrusted(X509Certificate[] chain, String type) { }
		public void checkServerTrusted(X509Certificate[] chain, String type) { }
		public X509Certificate[] getAcceptedIssuers() {
			return new X509Certificate[0];
		}
	}

	private SSLParameters parameters() {
		SSLParameters p = new SSLParameters();
		p.setProtocols(new String[] { "TLSv" + options.getOrDefault('v', "1.2") });
		if (has('n'))
			p.setServerNames(List.of(new SNIHostName(options.get('n'))));
		if (has('l'))
			p.setApplicationProtocols(new String[] { options.get('l') });
		if (has('m'))
			p.setNeedClientAuth(true);
		return p;
	}

	private boolean one(SSLSocket socket) throws IOException {
		boolean server = has('s');
		try (socket) {
			socket.startHandshake();
			System.out.println("ok " + socket.getSession().getProtocol() + " " + socket.getSession().getCipherSuite());
			String text = server ? "HTTP/1.0 200 OK\r\n\r\nhello\n" : "GET / HTTP/1.0\r\n\r\n";
			if (server)
				socket.getInputStream().read(new byte[4096]);
			socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
			if (!server)
				socket.getInputStream().readAllBytes();
			return true;
		} catch (IOException broken) {
			System.out.println("failed: " + broken);
			return false;
		}
	}

	private boolean run() throws Exception {
		InetAddress address = InetAddress.getByName(options.getOrDefault('a', "127.0.0.1"));
		int port = Integer.parseInt(options.getOrDefault('p', "443"));
		SSLContext context = context();
		if (!has('s')) {
			SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(address, port);
			socket.setSSLParameters(parameters());
			return one(socket);
		}
		var listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 16, address);
		listener.setSSLParameters(parameters());
		while (true)
			one((SSLSocket) listener.accept());
	}

	public static void main(String[] args) throws Exception {
		System.exit(new Peer(args).run() ? 0 : 1);
	}
}
