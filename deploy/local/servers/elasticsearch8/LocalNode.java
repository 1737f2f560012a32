/* LocalNode.java - one Elasticsearch 8 node for a developer's machine
 *
 * java -cp 'lib/*' LocalNode.java HOME PORT HTTP-JARS
 *
 * Elasticsearch as packages bring it has no program of its own; this is one.
 * It takes plugins only as folders with a description: HOME/modules gets one
 * for HTTP, with the jars of the folder HTTP-JARS. HOME/config must exist.
 * Serves HTTP on 127.0.0.1:PORT until SIGTERM. */

import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.Build;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

public final class LocalNode {
	private static void makeHttp(Path folder, Path jars) throws Exception {
		Files.createDirectories(folder);
		try (DirectoryStream<Path> found =
				Files.newDirectoryStream(jars, "*.jar")) {
			for (Path jar : found)
				Files.copy(jar, folder.resolve(jar.getFileName()),
					StandardCopyOption.REPLACE_EXISTING);
		}
		Files.writeString(folder.resolve("plugin-descriptor.properties"),
			String.join("\n", "name=transport-netty4",
				"description=HTTP", "version=1",
				"classname=org.elasticsearch.transport.netty4.Netty4Plugin",
				"java.version=17",
				"elasticsearch.version=" + Build.current().version(),
				"has.native.controller=false", ""));
	}

	public static void main(String[] args) throws Exception {
		LogConfigurator.configureESLogging();
		Path modules = Path.of(args[0], "modules");
		makeHttp(modules.resolve("transport-netty4"), Path.of(args[2]));
		Settings settings = Settings.builder()
			.put("path.home", args[0])
			.put("cluster.name", "tocsin-local")
			.put("node.name", "local")
			.put("discovery.type", "single-node")
			.put("network.host", "127.0.0.1")
			.put("http.port", args[1])
			.put("transport.port", "0")
			.put("action.auto_create_index", "true")
			.put("cluster.routing.allocation.disk.threshold_enabled", "false")
			.build();
		Environment environment = InternalSettingsPreparer.prepareEnvironment(
			settings, Map.of(), Path.of(args[0], "config"), () -> "local");
		Node node = new Node(environment, PluginsLoader.createPluginsLoader(
			PluginsLoader.loadModulesBundles(modules), Set.of(), Map.of(),
			false));
		CountDownLatch stopped = new CountDownLatch(1);
		Runtime.getRuntime().addShutdownHook(new Thread(() -> {
			try {
				node.close();
			} catch (Exception e) {
				e.printStackTrace();
			}
			stopped.countDown();
		}));
		node.start();
		stopped.await();
	}
}
